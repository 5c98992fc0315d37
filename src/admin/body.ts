import type { Readable } from 'node:stream'
import { FoulweatherError } from '../core/errors.ts'
import { badBody } from './go-json.ts'

export interface BodyLimits {
  /** Larger bodies are refused, bytes. */
  readonly bodyBytes: number
  /** How much of a refused body is still read, so that a client that sends first and reads then gets the answer; bytes. */
  readonly drainBytes: number
  /** Within which the body has to be there, milliseconds. */
  readonly bodyMs: number
}

/** @throws FoulweatherError `body_too_large`, `bad_request_body` when it breaks off or takes too long. */
export function readBody(source: Readable, { bodyBytes, drainBytes, bodyMs }: BodyLimits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  const tooLarge = () =>
    reject(new FoulweatherError('body_too_large', `the request body is larger than ${bodyBytes} bytes`))
  const take = (chunk: Buffer) => {
    size += chunk.length
    if (size <= bodyBytes) chunks.push(chunk)
    else chunks.length = 0
    if (size > drainBytes) tooLarge()
  }
  const finish = () => (size > bodyBytes ? tooLarge() : resolve(Buffer.concat(chunks)))
  const breakOff = () => reject(badBody('unexpected EOF'))
  const timer = setTimeout(() => reject(badBody(`the body did not arrive within ${bodyMs} ms`)), bodyMs)
  source.on('data', take).on('end', finish).on('error', breakOff).on('close', breakOff)
  return promise.finally(() => {
    clearTimeout(timer)
    source.off('data', take).off('end', finish).off('error', breakOff).off('close', breakOff)
  })
}
