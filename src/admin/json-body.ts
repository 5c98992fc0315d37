import { isUtf8 } from 'node:buffer'
import { FoulweatherError } from '../core/errors.ts'

/** Nothing of ours is deeper than five; what is thousands deep could be read, but not written again. */
const MAX_DEPTH = 64

/** The body of a native route: one JSON object. @throws FoulweatherError `bad_request_body`. */
export function readJsonObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw refusal('the body is empty')
  if (!isUtf8(body)) throw refusal('the body is not UTF-8')
  if (deeperThan(body, MAX_DEPTH)) throw refusal(`the body is nested more than ${MAX_DEPTH} deep`)
  const value = parse(body.toString())
  if (isObject(value) && !Array.isArray(value)) return { ...value }
  throw refusal(`the body is ${Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw refusal(`the body is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function refusal(what: string): FoulweatherError {
  const expected = 'a JSON object'
  return new FoulweatherError('bad_request_body', `${what}; expected ${expected}`, { field: 'body', expected })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set(Buffer.from('[{'))
const CLOSING: ReadonlySet<number> = new Set(Buffer.from(']}'))

/** Asked before it is parsed: everything else would wait for the parser, a tenth of a second for a megabyte of brackets. */
function deeperThan(body: Buffer, depth: number): boolean {
  let level = 0
  let inText = false
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0
    if (byte === QUOTE) inText = !inText
    else if (inText) at += byte === BACKSLASH ? 1 : 0
    else if (CLOSING.has(byte)) level--
    else if (OPENING.has(byte) && ++level > depth) return true
  }
  return false
}
