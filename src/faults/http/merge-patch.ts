import { z } from 'zod'
import { isJsonObject, type JsonObject } from './json.ts'

/** Of a patch; each level is a call within a call. */
const DEEPEST = 32

const LONGEST = 65_536

const ERROR = `expected an object of JSON values, at most ${DEEPEST} levels deep and ${LONGEST} characters long`

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth >= DEEPEST) return false
  // A hole of a list has no value, and would be written as null.
  if (Array.isArray(value)) return Array.from(value).every((each) => isJson(each, depth + 1))
  return isPlain(value) && Object.values(value).every((each) => isJson(each, depth + 1))
}

/** A JSON merge patch (RFC 7396) that is an object: anything else would replace the whole body. */
export function mergePatch() {
  return z
    .unknown()
    .transform((given, context): JsonObject => {
      if (isJsonObject(given) && isJson(given, 0)) {
        const text = JSON.stringify(given)
        // A copy, so that nothing of what was given is shared: plain data, and -0 is 0.
        const copy: unknown = text.length <= LONGEST ? JSON.parse(text) : undefined
        if (isJsonObject(copy)) return copy
      }
      context.addIssue({ code: 'custom', message: ERROR, input: given })
      return z.NEVER
    })
    .meta({ type: 'object', additionalProperties: {}, accepts: ERROR.slice('expected '.length) })
}

/** RFC 7396, section 2. Names keep their order; new ones come last. */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch
  const fields = new Map(isJsonObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name)
    else fields.set(name, merged(fields.get(name), value))
  }
  // Not by assignment: a field may be called __proto__.
  return Object.fromEntries(fields)
}
