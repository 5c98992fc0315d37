import type { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { withoutPrivateKeys } from '../core/private-keys.ts'

type Issue = z.core.$ZodIssue
/** The way to a value within what was given. */
export type At = readonly PropertyKey[]

/** Where one of several forms was chosen but has a mistake inside, that mistake is the one to name, not "none of these forms". */
function innermost(issue: Issue, outside: At): { readonly issue: Issue; readonly at: At } {
  const at = [...outside, ...issue.path]
  if (issue.code !== 'invalid_union') return { issue, at }
  const inside = issue.errors.flat().find((one) => one.path.length > 0 || one.code === 'unrecognized_keys')
  return inside === undefined ? { issue, at } : innermost(inside, at)
}

/** A refinement that looks into a text says what it has found there: `params: { got }`. */
function valueOf(issue: Issue, at: At, input: object): unknown {
  if (issue.code === 'invalid_key') return String(at.at(-1))
  if (issue.code === 'custom' && issue.params !== undefined && 'got' in issue.params) return issue.params['got']
  let value: unknown = input
  for (const key of at) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Object.entries(value).find(([name]) => name === String(key))?.[1]
  }
  return value
}

/** Kinds of parameters say `expected …`; where zod speaks for itself it adds what kind of mistake it is, and what came instead. */
function expectedBy(issue: Issue): string {
  const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message
  return (message ?? 'something else').replace(/^(?:[A-Z][a-z ]*: )?expected /, '').replace(/, received \w+$/, '')
}

/**
 * What a schema has against `input`, as the user's mistake: it names the field, the value and what would be right. Names of fields that
 * nobody knows are left to `unknownKey`. `path` is put in front of the names of fields (`faults[2]`).
 */
export function refusal(
  error: z.ZodError,
  input: object,
  path: string,
  unknownKey: (at: At, key: string) => FoulweatherError,
): FoulweatherError {
  // A misspelt field is often a missing one too: its name is what has to be mended.
  const first = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  if (first === undefined) throw new Error('a schema refuses without a reason')
  const { issue, at } = innermost(first, [])
  if (issue.code === 'unrecognized_keys') return unknownKey(at, issue.keys[0] ?? '')
  const field = join(path, ...at)
  const value = valueOf(issue, at, input)
  const expected = expectedBy(issue)
  if (value !== undefined) return invalid(field, value, expected)
  return new FoulweatherError('missing_field', `${field} is missing: expected ${expected}`, { field, expected })
}

export function invalid(field: string, value: unknown, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `${field}: expected ${expected}, got ${show(value)}`, {
    field,
    value,
    expected,
  })
}

export function join(path: string, ...keys: readonly PropertyKey[]): string {
  let joined = path
  for (const key of keys) {
    if (typeof key === 'number') joined += `[${key}]`
    else joined += joined === '' ? String(key) : `.${String(key)}`
  }
  return joined
}

/** A value as an error message shows it: short, and whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value)
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // Cyclic, or a BigInt somewhere in it: the kind of thing has to do.
  }
  const shown = (text && withoutPrivateKeys(text)) ?? (value === undefined ? 'nothing' : `a ${typeof value}`)
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}
