import { FOUND } from '../../../src/protocols/http1/events.ts'
import type { Found, FramerLimits } from '../../../src/protocols/http1/events.ts'
import type { HeaderList } from '../../../src/core/http.ts'
import { RequestFramer } from '../../../src/protocols/http1/request-framer.ts'
import { ResponseFramer } from '../../../src/protocols/http1/response-framer.ts'
import type { Outcome, ReadMessage, StreamCase } from './outcome.ts'

export interface Reading extends FramerLimits {
  /** Bodies are skipped instead of read, and are empty in the outcome. */
  readonly skipBodies?: boolean
}

/** Reads a stream with a framer, cut where the case says, as a relay would: what is not taken is given again with what comes next. */
export function readWithOurs({ kind, bytes, cuts, methods }: StreamCase, reading: Reading = {}): Outcome {
  const reader = kind === 'request' ? new Requests(reading) : new Responses(methods, reading)
  let kept = 0
  for (const cut of [...cuts, bytes.length]) {
    kept = reader.take(bytes.subarray(kept, cut), kept)
    if (reader.stopped !== undefined) return reader.outcome(kept)
  }
  return reader.outcome(kept)
}

abstract class Reader {
  readonly messages: ReadMessage[] = []
  stopped: 'refused' | 'tunnel' | undefined
  /** The last message said that it was: what comes behind it is of no interest. */
  protected closed = false
  protected abstract readonly framer: RequestFramer | ResponseFramer

  readonly #skipBodies: boolean

  constructor({ skipBodies = false }: Reading) {
    this.#skipBodies = skipBodies
  }

  /** Answers how far it has read, from the start of the stream. `base` is where the bytes begin. */
  take(bytes: Buffer, base: number): number {
    let at = 0
    for (;;) {
      const skips = this.#skipBodies && this.framer.inBody
      const found = skips ? this.framer.skip(bytes, at) : this.framer.read(bytes, at)
      const { end } = this.framer
      if (skips && found === FOUND.nothing && end !== bytes.length) throw new Error('skipped, and not to the end')
      if (end < at || end > bytes.length) throw new Error(`end ${end} is not between ${at} and ${bytes.length}`)
      if (!this.#told(found, bytes, at, end)) return base + end
      at = end
    }
  }

  outcome(at: number): Outcome {
    const { messages, framer } = this
    if (this.stopped === 'refused' && this.closed) return { messages, ending: 'idle', error: '', at }
    if (this.stopped === 'refused') return { messages, ending: 'refused', error: framer.refusal?.rule ?? '?', at }
    if (this.stopped === 'tunnel') return { messages, ending: 'tunnel', error: '', at }
    const ending = framer.finish()
    const last = messages.at(-1)
    if (ending === 'complete' && last !== undefined) last.whole = true
    return { messages, ending, error: '', at }
  }

  protected abstract headRead(): void
  protected abstract messageRead(): void

  protected begin(line: string, whole: boolean, upgrade: boolean): void {
    const { minor, headers, keepAlive } = this.framer.head
    this.messages.push({ line, minor, fields: fieldsText(headers), keepAlive, upgrade, body: '', whole })
  }

  /** Whether to read on. */
  #told(found: Found, bytes: Buffer, from: number, end: number): boolean {
    const last = this.messages.at(-1)
    switch (found) {
      case FOUND.nothing:
        return false
      case FOUND.refused:
        this.stopped = 'refused'
        return false
      case FOUND.tunnel:
        this.stopped = 'tunnel'
        return false
      case FOUND.head:
        this.headRead()
        return true
      case FOUND.data:
        if (last === undefined || end === from) throw new Error('data of no message, or none')
        last.body += bytes.toString('latin1', from, end)
        return true
      case FOUND.end:
        if (last === undefined || last.whole || (end !== from && !this.#skipBodies))
          throw new Error('the end of no message')
        last.whole = true
        this.messageRead()
        return true
      default:
        if (end === from) throw new Error('told of nothing')
        return true
    }
  }
}

class Requests extends Reader {
  protected readonly framer: RequestFramer

  constructor(reading: Reading) {
    super(reading)
    this.framer = new RequestFramer(reading)
  }

  protected override headRead(): void {
    const { method, target, upgrade } = this.framer.head
    this.begin(`${method} ${target}`, false, upgrade || method === 'CONNECT')
  }

  /** As Node has it, every tunnel that is asked for is granted. */
  protected override messageRead(): void {
    if (this.messages.at(-1)?.upgrade === true) this.framer.becomeTunnel()
  }
}

class Responses extends Reader {
  protected readonly framer: ResponseFramer
  readonly #methods: readonly string[]
  #next = 0

  constructor(methods: readonly string[], reading: Reading) {
    super(reading)
    this.framer = new ResponseFramer(reading)
    this.#methods = methods
    this.#expect()
  }

  protected override headRead(): void {
    const { status, reason, upgrade } = this.framer.head
    this.begin(`${status} ${reason}`, !this.framer.inBody, upgrade && status === 101)
  }

  protected override messageRead(): void {
    if (this.framer.head.keepAlive) this.#expect()
    else this.closed = true
  }

  #expect(): void {
    const method = this.#methods[this.#next++]
    if (method !== undefined) this.framer.expect(method)
  }
}

function fieldsText(headers: HeaderList): string {
  return headers.map(([name, value]) => `${name}: ${value}\n`).join('')
}
