/** Bytes from a position of the stream on that a lost packet makes late. */
export interface LateBytes {
  readonly position: number
  readonly ms: number
  /** Nothing else is sent in the meantime. */
  readonly silent: boolean
  /** When they were due the last time that they passed. */
  until: number
}

/** Bytes of the stream about which was decided at once. */
export interface Message {
  readonly from: number
  readonly to: number
  readonly late: readonly LateBytes[]
  readonly before: Before
}

/** What held before the bytes of a message came. */
export interface Before {
  readonly lastDue: number
  readonly stalledUntil: number
}

const NOTHING: Before = { lastDue: -Infinity, stalledUntil: -Infinity }

/** How many messages are remembered. Bytes of older ones that pass again are decided about again. */
const REMEMBERED = 512

/** What was decided about the bytes of a stream, by their position, so that it holds when they pass again. */
export class Decided {
  position = 0
  #messages: Message[] = []

  /** The message that the next byte belongs to; `undefined` = not decided yet. */
  get current(): Message | undefined {
    const last = this.#messages.at(-1)
    if (last === undefined || last.to <= this.position) return undefined
    return this.#messages.find(({ from, to }) => from <= this.position && this.position < to)
  }

  /** The next `length` bytes are a message, up to where others have been decided about. */
  add(length: number, late: readonly LateBytes[], before: Before): Message {
    const following = this.#messages.findIndex(({ from }) => from > this.position)
    const limit = this.#messages[following]?.from ?? Infinity
    const message = { from: this.position, to: Math.min(limit, this.position + length), late, before }
    if (this.#messages.length === REMEMBERED) this.#messages = this.#messages.slice(REMEMBERED / 2)
    if (following === -1) this.#messages.push(message)
    return message
  }

  passed(bytes: number): void {
    this.position += bytes
  }

  /** Goes back, and answers what held there. */
  rewind(bytes: number): Before {
    this.position = Math.max(0, this.position - bytes)
    const message = this.current
    if (message === undefined) return NOTHING
    const passed = message.late.filter(({ position }) => position < this.position)
    return {
      lastDue: message.before.lastDue,
      stalledUntil: Math.max(message.before.stalledUntil, ...passed.map(({ until }) => until)),
    }
  }

  forget(): void {
    this.#messages = []
  }
}
