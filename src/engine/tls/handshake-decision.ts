import type { HandshakeVerdict } from '../../core/handshake.ts'
import type { Ending } from '../../core/words.ts'

/** What becomes of a TLS handshake of a client, all faults taken together. */
export interface HandshakeDecision {
  /** Milliseconds from the client's hello until it is answered; `Infinity` = until somebody asks again. */
  readonly wait: number
  /** Instead of an answer, once the wait is over. */
  readonly instead?: { readonly how: NonNullable<HandshakeVerdict['instead']>; readonly ending: Ending }
  readonly certificate?: NonNullable<HandshakeVerdict['certificate']>
  readonly versions?: NonNullable<HandshakeVerdict['versions']>
  readonly alpn?: NonNullable<HandshakeVerdict['alpn']>
  /** Where the handshake fails although it is answered, this is why: the first fault that has changed the answer. */
  readonly blame?: Ending
}

export const ANSWERED_AT_ONCE: HandshakeDecision = { wait: 0 }

/** Adds what one more fault wants. Waits add up; of everything else the first fault that asks for it decides. */
export function combineHandshake(
  before: HandshakeDecision,
  { wait = 0, instead, certificate, versions, alpn }: HandshakeVerdict,
  ending: Ending,
): HandshakeDecision {
  const changes = certificate !== undefined || versions !== undefined || alpn !== undefined
  return {
    ...(instead === undefined ? {} : { instead: { how: instead, ending } }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(versions === undefined ? {} : { versions }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(changes ? { blame: ending } : {}),
    // What is there already stays.
    ...before,
    wait: before.wait + wait,
  }
}
