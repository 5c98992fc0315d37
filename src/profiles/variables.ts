import type { FoulweatherError } from '../core/errors.ts'
import { didYouMean } from '../faults/nearest.ts'
import type { ProfileDocument, VarValue } from './document.ts'
import { placeNear } from './entries.ts'
import { EXPRESSIONS, hasExpressions, type Part, readParts, readPlainValue } from './expressions.ts'
import { problemOf, shown } from './mistake.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What is given for an activation. */
export interface Given {
  readonly vars: Readonly<Record<string, VarValue>>
  readonly env: Environment
}

export interface Variables {
  readonly values: ReadonlyMap<string, VarValue>
  readonly problems: readonly FoulweatherError[]
}

/** A variable as the last of several profiles has it. */
interface Declared {
  readonly fallback: VarValue | undefined
  readonly document: ProfileDocument
}

/**
 * What every variable stands for: what is given, or its default.
 *
 * @param documents in the order in which they are applied; the last one is the one that is activated.
 */
export function readVariables(documents: readonly ProfileDocument[], { vars, env }: Given): Variables {
  const declared = new Map<string, Declared>()
  for (const document of documents) {
    for (const [name, fallback] of document.vars) declared.set(name, { fallback, document })
  }
  const problems = unknownOf(Object.keys(vars), [...declared.keys()], documents.at(-1))
  const values = new Map<string, VarValue>()
  for (const [name, { fallback, document }] of declared) {
    const given = Object.hasOwn(vars, name) ? vars[name] : undefined
    const value = given === undefined ? withEnvironment(fallback, env) : asKindOf(fallback, given)
    if (value.ok) values.set(name, value.value)
    else {
      const field = `vars.${name}`
      problems.push(
        problemOf({ code: value.code, field, text: value.text, expected: 'a value' }, placeNear(document, field)),
      )
    }
  }
  return { values, problems }
}

function unknownOf(
  given: readonly string[],
  known: readonly string[],
  document: ProfileDocument | undefined,
): FoulweatherError[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const list = known.length === 0 ? 'it has none' : `it has: ${listed(known)}`
      const text = `the profile has no such variable${didYouMean(name, known)} (${list})`
      const field = `vars.${name}`
      return problemOf({ field, text, value: name }, document && placeNear(document, 'vars'))
    })
}

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: 'missing_field' | 'invalid_value'; readonly text: string }

/** Command lines and the environment know texts alone: where the default is a number, or true or false, such a text means one. */
function asKindOf(fallback: VarValue | undefined, given: VarValue): Read<VarValue> {
  if (typeof given !== 'string' || fallback === undefined || typeof fallback === 'string')
    return { ok: true, value: given }
  return { ok: true, value: readPlainValue(given) }
}

function withEnvironment(fallback: VarValue | undefined, env: Environment): Read<VarValue> {
  if (fallback === undefined) {
    const text =
      'it has no default, and was not set; set it with `--var name=value`, with `vars` of the activation, or give it a `default`'
    return { ok: false, code: 'missing_field', text }
  }
  return typeof fallback === 'string'
    ? putIn(fallback, (part) => readEnvironment(part, env))
    : { ok: true, value: fallback }
}

/** What the expressions of a text stand for. */
export type Lookup = (part: Exclude<Part, { kind: 'text' }>) => Read<VarValue>

/** A text with its expressions replaced. What is nothing but one expression becomes its value, with its type. */
export function putIn(text: string, lookup: Lookup): Read<VarValue> {
  if (!hasExpressions(text)) return { ok: true, value: text }
  const parts = readParts(text)
  const [first] = parts
  if (parts.length === 1 && first !== undefined && first.kind !== 'text') return alone(first.kind, lookup(first))
  const texts: string[] = []
  for (const part of parts) {
    const read: Read<VarValue> = part.kind === 'text' ? { ok: true, value: part.text } : lookup(part)
    if (!read.ok) return read
    texts.push(String(read.value))
  }
  return { ok: true, value: texts.join('') }
}

/** The environment knows texts alone; where one stands for a whole value, it is read as if it had been written there. */
function alone(kind: Part['kind'], read: Read<VarValue>): Read<VarValue> {
  if (kind !== 'env' || !read.ok || typeof read.value !== 'string') return read
  return { ok: true, value: readPlainValue(read.value) }
}

/** Looks variables up, and what is not one in the environment. */
export function lookupIn(values: ReadonlyMap<string, VarValue>, unset: ReadonlySet<string>, env: Environment): Lookup {
  return (part) => {
    if (part.kind !== 'var') return readEnvironment(part, env)
    const value = values.get(part.name)
    if (value !== undefined) return { ok: true, value }
    // That it has no value is told where it is declared.
    if (unset.has(part.name)) return { ok: true, value: '' }
    const known = [...values.keys()]
    const list =
      known.length === 0 ? 'there are none; `vars` of the profile declares them' : `there are: ${listed(known)}`
    const text = `there is no variable ${shown(part.name)}${didYouMean(part.name, known)} (${list})`
    return { ok: false, code: 'invalid_value', text }
  }
}

function readEnvironment(part: Exclude<Part, { kind: 'text' }>, env: Environment): Read<string> {
  if (part.kind !== 'env') {
    return { ok: false, code: 'invalid_value', text: `${shown(part.source)} is no expression; expected ${EXPRESSIONS}` }
  }
  const set = Object.hasOwn(env, part.name) ? env[part.name] : undefined
  if (set !== undefined && (set !== '' || part.fallback === undefined)) return { ok: true, value: set }
  if (part.fallback !== undefined) return { ok: true, value: part.fallback }
  const text = `the environment of the server has no ${part.name}; set it there, or write \${env:${part.name}:-default}`
  return { ok: false, code: 'missing_field', text }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`
}
