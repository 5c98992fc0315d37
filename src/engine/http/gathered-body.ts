import type { BodyChange } from '../../core/exchange.ts'
import { withHeader, withoutHeader, type HeaderList } from '../../core/http.ts'
import type { BodySink } from './body-sink.ts'

const AT_ONCE = -Infinity

/** A body of many tiny chunks, or one that comes byte by byte, costs many times its size to keep. */
const MOST_PIECES = 65_536

/** A body that is to be changed is gathered first; the head waits for it, because it has to say how long it is. */
export class GatheredBody implements BodySink {
  readonly #changes: readonly BodyChange[]
  /** Writes the head; answers where the body goes. */
  readonly #open: (change: HeadChange | undefined, now: number) => BodySink
  readonly #kept: { readonly bytes: Buffer; readonly framing: boolean }[] = []
  readonly #atMost: number
  #size = 0
  /** Where it goes: changed, or as it came, because nobody wanted to change it or it is too long. */
  #onward: BodySink | undefined

  constructor(changes: readonly BodyChange[], open: (change: HeadChange | undefined, now: number) => BodySink) {
    this.#changes = changes
    this.#open = open
    this.#atMost = Math.max(...changes.map(({ atMost }) => atMost))
  }

  get kept(): number {
    return this.#onward === undefined ? this.#size : (this.#onward.kept ?? 0)
  }

  data(bytes: Buffer, now: number): number {
    if (this.#onward !== undefined) return this.#onward.data(bytes, now)
    this.#size += bytes.length
    this.#kept.push({ bytes, framing: false })
    return this.#size > this.#atMost || this.#kept.length > MOST_PIECES ? this.#giveUp(now) : AT_ONCE
  }

  framing(bytes: Buffer, now: number): number {
    if (this.#onward !== undefined) return this.#onward.framing(bytes, now)
    this.#kept.push({ bytes, framing: true })
    return this.#kept.length > MOST_PIECES ? this.#giveUp(now) : AT_ONCE
  }

  end(now: number): void {
    if (this.#onward !== undefined) return this.#onward.end(now)
    const came = Buffer.concat(this.#kept.filter(({ framing }) => !framing).map(({ bytes }) => bytes))
    let body: Buffer = came
    let announce: number | undefined
    const heads: ((headers: HeaderList) => HeaderList)[] = []
    for (const change of this.#changes) {
      const changed = body.length > change.atMost ? undefined : change.change(body)
      if (changed === undefined) continue
      body = changed.body
      if (changed.headers !== undefined) heads.push(changed.headers)
      announce = changed.announce ?? announce
    }
    if (body === came && heads.length === 0 && announce === undefined) {
      this.#giveUp(now)
    } else {
      const length = announce ?? body.length
      const headers = (before: HeaderList): HeaderList =>
        withHeader(
          ['transfer-encoding', 'trailer'].reduce(
            withoutHeader,
            heads.reduce((list, head) => head(list), before),
          ),
          'Content-Length',
          String(length),
        )
      this.#onward = this.#open({ headers, length: body.length, wrong: length !== body.length }, now)
      if (body.length > 0) this.#onward.data(body, now)
    }
    this.#onward?.end(now)
  }

  #giveUp(now: number): number {
    const onward = this.#open(undefined, now)
    this.#onward = onward
    let welcome = AT_ONCE
    for (const { bytes, framing } of this.#kept) {
      welcome = Math.max(welcome, framing ? onward.framing(bytes, now) : onward.data(bytes, now))
    }
    this.#kept.length = 0
    return welcome
  }
}

/** What a changed body makes of its head. */
export interface HeadChange {
  readonly headers: (headers: HeaderList) => HeaderList
  /** Bytes that follow. */
  readonly length: number
  /** The head announces another number. */
  readonly wrong: boolean
}
