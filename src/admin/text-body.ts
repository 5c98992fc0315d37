import { isUtf8 } from 'node:buffer'
import { FoulweatherError } from '../core/errors.ts'

/** A body that is a document: YAML or JSON, whatever its content type says. @throws FoulweatherError `bad_request_body`. */
export function readTextBody(body: Buffer): string {
  if (body.length === 0) throw refusal('the body is empty')
  if (!isUtf8(body)) throw refusal('the body is not UTF-8')
  // Editors of Windows put a byte order mark in front of it.
  return body.toString().replace(/^\uFEFF/, '')
}

function refusal(what: string): FoulweatherError {
  const expected = 'a document in YAML or JSON'
  return new FoulweatherError('bad_request_body', `${what}; expected ${expected}`, { field: 'body', expected })
}
