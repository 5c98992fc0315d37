import type { MessageFacts } from '../../src/core/fault-factory.ts'
import { REQUEST, RESPONSE } from './http-fault.ts'

/** A response whose body has that many bytes; without a number nobody knows how many. */
export function responseOf(length?: number): MessageFacts {
  const response = {
    ...RESPONSE,
    headers:
      length === undefined
        ? ([['Transfer-Encoding', 'chunked']] as const)
        : ([['Content-Length', `${length}`]] as const),
    bodyKind: length === undefined ? ('chunked' as const) : ('length' as const),
    bodyLength: length ?? 0,
  }
  return { request: REQUEST, response, length }
}
