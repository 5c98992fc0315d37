import { isUtf8 } from 'node:buffer'
import { FoulweatherError } from '../core/errors.ts'

/** Nothing of ours is deeper than five; what is thousands deep could be read, but not written again. */
const MAX_DEPTH = 64

/** The body of a native route: one JSON object. @throws FoulweatherError `bad_request_body`. */
export function readJsonObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw refusal('the body is empty')
  if (!isUtf8(body)) throw refusal('the body is not UTF-8')
  const value = parse(body.toString())
  if (deeperThan(value, MAX_DEPTH)) throw refusal(`the body is nested more than ${MAX_DEPTH} deep`)
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
  return new FoulweatherError('bad_request_body', `${what}; expected ${expected}`, { expected })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Level by level, because recursion is what a deep one would break. */
function deeperThan(value: unknown, depth: number): boolean {
  let level = [value].filter(isObject)
  for (let at = 0; at < depth && level.length > 0; at++) {
    level = level.flatMap((each) => Object.values(each).filter(isObject))
  }
  return level.length > 0
}
