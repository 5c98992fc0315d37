import { z } from 'zod'
import { duration } from './params.ts'

/** Kinds of the fields that every fault may have. */

/** A year, milliseconds. What is meant to stay is written without a time. */
const LONGEST = 365 * 24 * 3_600_000

/** A length of time of up to a year; 0 only where `least` says so. */
export function span(least: 0 | 1 = 1) {
  const any = duration()
  const error = `expected a duration ${least === 0 ? 'of 0 or more' : 'above 0'}, at most 8760h (milliseconds, or a text such as "30s")`
  const bounded = any.refine((ms) => ms <= LONGEST && (ms > 0 || least === 0), { error })
  return bounded.meta(any.meta() ?? {})
}

export function wholeNumber(least: 0 | 1) {
  const error = `expected a whole number of ${least} or more`
  return z.int({ error }).min(least, { error })
}

export function words<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `expected ${words.join(' or ')}` })
}

/** An object with these fields alone. */
export function partsOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? `expected an object with ${keys}` : undefined),
  })
}
