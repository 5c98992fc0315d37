import type { AbortHow } from './outlet.ts'
import type { FaultContext } from './fault-factory.ts'
import type { HeaderList, RequestHead, ResponseHead } from './http.ts'

/**
 * What a fault is given about one exchange. `random` is the sequence of this fault for this exchange: a fault that is asked again about the same
 * exchange draws the same.
 */
export interface ExchangeContext extends FaultContext {
  /** Of the exchange within its session, from 1. */
  readonly exchange: number
  /** Address of the client without its port; `unix` for a socket file. */
  readonly client: string
  /** When the head came in, monotonic milliseconds. */
  readonly at: number
  /** The same by the wall clock, milliseconds since the epoch: for fields such as `Date`. */
  readonly wall: number
}

/** A whole response in the place of the upstream's. */
export interface Answer {
  readonly status: number
  /** Default: the standard one of the status. */
  readonly reason?: string
  /** Without `Content-Length`, `Transfer-Encoding`, `Connection` and `Date`: these are added. */
  readonly headers: HeaderList
  readonly body: Buffer
}

/** A body that is looked at whole before it goes on, by its bytes as they are on the wire without chunk framing. */
export interface BodyChange {
  /** Longer ones go on as they are; bytes. */
  readonly atMost: number
  /** `undefined` = it goes on as it is. */
  change(body: Buffer): ChangedBody | undefined
}

export interface ChangedBody {
  readonly body: Buffer
  /** In the place of those of the head (which other changes of this exchange may have changed already). */
  readonly headers?: (headers: HeaderList) => HeaderList
  /** `Content-Length` is announced as this instead of what is true; bytes. */
  readonly announce?: number
}

interface MessageVerdict {
  /** The word for the record: `answer`, `delay`, `reset`, … Default: made of what is asked for. */
  readonly what?: string
  readonly detail?: Readonly<Record<string, number | string>>
  /**
   * Milliseconds from when the head came until it, and the body behind it, goes on; those of several faults add up. `Infinity` = until the fault
   * lets go or leaves.
   */
  readonly wait?: number
  readonly body?: BodyChange
  /** Once the wait is over. The first fault decides. */
  readonly answer?: Answer
  /** The session ends instead, once the wait is over. Goes before an answer. */
  readonly end?: AbortHow
}

/** What a fault wants done with a request. Several faults: each sees the head as those before it have left it. */
export interface RequestVerdict extends MessageVerdict {
  /** Goes on in the place of the one that came. */
  readonly head?: RequestHead
  /** With an `answer`: the upstream never hears of the request (the default), or does its work and its answer is dropped. */
  readonly forward?: 'never' | 'before_answer'
}

/** What a fault wants done with a response; `answer` takes its place. */
export interface ResponseVerdict extends MessageVerdict {
  /** Goes on in the place of the one that came. */
  readonly head?: ResponseHead
}

/** What a request asks for by fields of its own. */
export interface AskedFor {
  /** Without these fields. */
  readonly head: RequestHead
  readonly verdict: RequestVerdict
  readonly responseVerdict: ResponseVerdict | undefined
  /** The fields; at least one. */
  readonly names: readonly string[]
}
