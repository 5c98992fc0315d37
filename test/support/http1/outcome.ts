/** What a parser makes of one stream of bytes: the common terms of ours and of Node's. Bytes are Latin-1 text. */
export interface Outcome {
  readonly messages: readonly ReadMessage[]
  readonly ending: Ending
  /** Of a refusal: our rule, or Node's code and reason. */
  readonly error: string
  /** Where it was refused, or where the tunnel begins. */
  readonly at: number
}

/**
 * `idle`: between messages, or behind one that said it was the last. `cut`: within a message. `complete`: the end of the stream was that of the last
 * message.
 */
export type Ending = 'idle' | 'cut' | 'complete' | 'tunnel' | 'refused'

export interface ReadMessage {
  /** Method and target, or status and reason. */
  readonly line: string
  readonly minor: number
  /** `name: value` lines. */
  readonly fields: string
  readonly keepAlive: boolean
  /** It asks for a tunnel behind it, or is the beginning of one: CONNECT, an upgrade. */
  readonly upgrade: boolean
  body: string
  /** It was read to its end. */
  whole: boolean
}

/** One stream to be read. */
export interface StreamCase {
  readonly kind: 'request' | 'response'
  readonly bytes: Buffer
  /** Where it is cut into reads, ascending. */
  readonly cuts: readonly number[]
  /** What the responses answer; empty for requests. */
  readonly methods: readonly string[]
}
