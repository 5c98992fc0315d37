/**
 * What a framer has found. It is a pull parser: `read(bytes, from)` reads on and stops behind the first thing there is to tell, whose end is then
 * in `end`.
 */
export const FOUND = {
  /** Not enough bytes. Those from `end` on are to be given again with more behind them: the beginning of a head. */
  nothing: 0,
  /** Bytes up to `end` belong to no message (empty lines in front of a request). */
  skip: 1,
  /** A whole head, from `from` to `end`; it is in `head`. */
  head: 2,
  /** Bytes of a body. */
  data: 3,
  /** Bytes that delimit a body: chunk sizes, their line ends, the last chunk with its trailers. */
  framing: 4,
  /** The message is over; nothing was read. Told once for each message, also for those without a body; not for 1xx. */
  end: 5,
  /** From here on the bytes are none of ours: the connection is a tunnel (CONNECT, Upgrade). Nothing was read; told every time. */
  tunnel: 6,
  /** Not HTTP, or ambiguous: why is in `refusal`. Told every time from then on. */
  refused: 7,
} as const

export type Found = (typeof FOUND)[keyof typeof FOUND]

/** Why a message is refused. `rule` is a stable word for logs and tests, such as `bare_lf`; `text` a sentence. */
export interface Refusal {
  readonly rule: string
  readonly text: string
  /** What a client is answered: 400, 414, 431, 501, 505; a response that is refused is a 502 for the client, whatever this says. */
  readonly status: number
}

export interface FramerLimits {
  /** Bytes of a head, or of the trailers. Default: 16 384. */
  readonly maxHead?: number
  /** Fields of a head, or of the trailers. Default: 128. */
  readonly maxHeaders?: number
}
