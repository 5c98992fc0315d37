import type { AbortHow, Outlet } from '../../core/outlet.ts'
import type { BodyKind } from '../../core/http.ts'
import type { Ending } from '../../core/words.ts'
import { chunkOf } from '../../protocols/http1/write.ts'
import type { Relay } from '../relay.ts'

/** Where the body of a message goes, piece by piece as the framer finds them. Answers from when on more is welcome. */
export interface BodySink {
  data(bytes: Buffer, now: number): number
  /** What delimits the body on the wire. */
  framing(bytes: Buffer, now: number): number
  end(now: number): void
  /** Bytes that it keeps, because the message may not go on before they are changed. */
  readonly kept?: number
}

/** Gives bytes on; answers from when on more is welcome. */
export type Pass = (bytes: Buffer, at: number) => number

const AT_ONCE = -Infinity

/** Nobody gets it. */
export const DROPPED: BodySink = { data: () => AT_ONCE, framing: () => AT_ONCE, end: () => undefined }

/** As it came. */
export class PlainBody implements BodySink {
  readonly #pass: Pass
  readonly #atEnd: ((at: number) => void) | undefined

  /** @param atEnd told behind the last byte. */
  constructor(pass: Pass, atEnd?: (at: number) => void) {
    this.#pass = pass
    this.#atEnd = atEnd
  }

  data(bytes: Buffer, now: number): number {
    return this.#pass(bytes, now)
  }

  framing(bytes: Buffer, now: number): number {
    return this.#pass(bytes, now)
  }

  /** Of a body that is not changed the bytes themselves say it. */
  end(now: number): void {
    this.#atEnd?.(now)
  }
}

/** Stages in a row. */
export interface Stages {
  /** Changes with the faults. */
  readonly first: Outlet
  /** After anything that was given to them. */
  rescheduleWakers(): void
}

/** Through stages, which see the payload alone; it is framed again behind them. */
export class StagedBody implements BodySink {
  readonly #relay: Relay
  readonly #stages: Stages
  readonly #writer: BodyWriter
  /** What was read of the framing since the last of the payload. */
  #framing: Buffer[] = []

  constructor(relay: Relay, stages: Stages, writer: BodyWriter) {
    this.#relay = relay
    this.#stages = stages
    this.#writer = writer
  }

  data(bytes: Buffer, now: number): number {
    this.#framing = []
    return this.#feed(now, (first) => first.chunk(bytes, now))
  }

  framing(bytes: Buffer): number {
    this.#framing.push(bytes)
    return AT_ONCE
  }

  end(now: number): void {
    this.#writer.trailers = trailersIn(Buffer.concat(this.#framing))
    this.#feed(now, (first) => {
      first.end(now)
      return AT_ONCE
    })
  }

  #feed(now: number, give: (first: Outlet) => number): number {
    const { queue } = this.#relay
    queue.came = now
    const welcome = give(this.#stages.first)
    queue.came = NaN
    this.#stages.rescheduleWakers()
    return welcome
  }
}

/** Of what ends a chunked body (perhaps with the line end of the chunk before): the trailers, with the empty line behind them. */
function trailersIn(framing: Buffer): Buffer {
  const start = framing[0] === CR ? 2 : 0
  const lineEnd = framing.indexOf('\r\n', start)
  return lineEnd < 0 ? NO_TRAILERS : framing.subarray(lineEnd + 2)
}

const CR = 13
const NO_TRAILERS: Buffer = Buffer.from('\r\n')
const LAST_SIZE = Buffer.from('0\r\n')

/** Small chunks go with their framing in one piece: each piece is a write of its own. */
const WORTH_JOINING_BYTES = 4096

/** What stands behind the last stage of a body: puts it on the wire, as the head has announced it. */
export class BodyWriter implements Outlet {
  readonly #relay: Relay
  readonly #pass: Pass
  readonly #kind: BodyKind
  /** What may still come; bytes. */
  #left: number
  readonly #wrong: boolean
  readonly #spoilt: (at: number) => void
  /** Behind the last chunk, the empty line included. */
  trailers: Buffer = NO_TRAILERS
  /** The end of the body has come through the stages. */
  ended = false

  /**
   * @param kind how the body is framed.
   * @param wrong the head announces another length than this.
   * @param spoilt told when the body has ended and is not what its head has announced.
   */
  constructor(
    relay: Relay,
    pass: Pass,
    { kind, length, wrong }: { readonly kind: BodyKind; readonly length: number; readonly wrong: boolean },
    spoilt: (at: number) => void,
  ) {
    this.#relay = relay
    this.#pass = pass
    this.#kind = kind
    this.#left = kind === 'length' ? length : Infinity
    this.#wrong = wrong
    this.#spoilt = spoilt
  }

  chunk(bytes: Buffer, at: number): number {
    // More than was announced would be read as the next message.
    const fitting = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    if (fitting.length === 0) return AT_ONCE
    this.#left -= fitting.length
    if (this.#kind !== 'chunked') return this.#pass(fitting, at)
    if (fitting.length <= WORTH_JOINING_BYTES) return this.#pass(Buffer.concat(chunkOf(fitting)), at)
    let welcome = AT_ONCE
    for (const piece of chunkOf(fitting)) welcome = Math.max(welcome, this.#pass(piece, at))
    return welcome
  }

  end(at: number): void {
    this.ended = true
    if (this.#kind === 'chunked') this.#pass(Buffer.concat([LAST_SIZE, this.trailers]), at)
    else if (this.#wrong || (this.#left > 0 && this.#left < Infinity)) this.#spoilt(at)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.#relay.passAbort(at, how, ending)
  }
}
