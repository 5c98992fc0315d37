import { InvalidArgumentError } from 'commander'
import type { ParamsJsonSchema } from '../faults/index.ts'
import { nearest } from '../faults/nearest.ts'
import { type FieldShape, isObject, isSimpleList, shapeOf } from './field-shape.ts'

const PLAIN_NUMBER = /^-?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i

/**
 * Reads a field as it is typed: numbers as numbers, other values as they are (the server reads their units), objects as
 * `key=value,key.inner=value`, lists with commas; objects and lists as JSON too.
 *
 * @throws InvalidArgumentError that says what would be right.
 */
export function readField(schema: ParamsJsonSchema, typed: string): unknown {
  const shape = shapeOf(schema)
  const text = typed.trim()
  if (/^[{[]/.test(text) && (isObject(shape) || shape.items !== undefined)) return readJson(text)
  if (isSimpleList(shape)) {
    const items = text.split(',').map((item) => readField(shape.items ?? {}, item))
    // Where one would do without a list, it does.
    return items.length === 1 && shape.text ? items[0] : items
  }
  if (isObject(shape) && (text.includes('=') || !isScalar(shape))) return readPairs(shape, text)
  if (shape.items !== undefined) throw new InvalidArgumentError('expected a list as JSON, such as [[0, 1], [2, 3]].')
  return readScalar(shape, text)
}

function isScalar({ number, text, boolean, words }: FieldShape): boolean {
  return number || text || boolean || words.length > 0
}

function readScalar({ number, text: free, boolean, words, none }: FieldShape, text: string): unknown {
  if (none && text === '') return null
  if (number && PLAIN_NUMBER.test(text)) return Number(text)
  if (boolean && (text === 'true' || text === 'false')) return text === 'true'
  if (free || words.includes(text)) return text
  if (words.length > 0) throw new InvalidArgumentError(`${meant(text, words)}expected one of ${words.join(', ')}.`)
  if (boolean) throw new InvalidArgumentError('expected true or false.')
  if (number) throw new InvalidArgumentError('expected a number.')
  return text
}

/** `12` → 12; anything else stays a text. */
export function numberOrText(text: string): number | string {
  return PLAIN_NUMBER.test(text) ? Number(text) : text
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('it begins as JSON does, but is none.')
  }
}

function readPairs(shape: FieldShape, text: string): unknown {
  const object: Record<string, unknown> = {}
  let key = ''
  for (const item of text.split(',')) {
    const equals = item.indexOf('=')
    if (equals >= 0) key = item.slice(0, equals).trim()
    // What has no key of its own is one more of the list before it: client=10.0.0.0/8,127.0.0.1
    if (key === '') throw new InvalidArgumentError(`expected ${pairsPattern(shape)}.`)
    put(object, shape, key, key, item.slice(equals + 1), equals < 0)
  }
  return object
}

/** `path` is what is left of `key` below `object`. */
function put(
  object: Record<string, unknown>,
  shape: FieldShape,
  key: string,
  path: string,
  text: string,
  continued: boolean,
): void {
  const { name, schema, rest } = step(shape, key, path)
  const field = shapeOf(schema)
  const before = object[name]
  if (rest !== '') {
    const inner = isRecord(before) ? before : {}
    object[name] = inner
    put(inner, field, key, rest, text, continued)
  } else if (isSimpleList(field)) {
    const more = readField(schema, text)
    object[name] = before === undefined ? more : [before, more].flat()
  } else if (continued) {
    throw new InvalidArgumentError(`${key} takes one value: expected KEY=VALUE in front of "${text.trim()}".`)
  } else if (before !== undefined) {
    throw new InvalidArgumentError(`${key} is given twice.`)
  } else if (isObject(field) && !isScalar(field)) {
    throw new InvalidArgumentError(`${key} has parts: expected ${pairKeys(field, `${key}.`).join(', ')}.`)
  } else {
    object[name] = readNamed(key, schema, text)
  }
}

function step(shape: FieldShape, key: string, path: string): { name: string; schema: ParamsJsonSchema; rest: string } {
  // Names that anybody chooses may have dots: p99.9.
  if (shape.values !== undefined) return { name: path, schema: shape.values, rest: '' }
  const dot = path.indexOf('.')
  // Fields are written with underscores or dashes; names that anybody chooses (of headers) keep theirs.
  const name = (dot < 0 ? path : path.slice(0, dot)).replaceAll('-', '_')
  const schema = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
  const rest = dot < 0 ? '' : path.slice(dot + 1)
  const inParts = schema !== undefined && (rest === '' || isObject(shapeOf(schema)))
  if (schema !== undefined && inParts) return { name, schema, rest }
  const names = Object.keys(shape.fields)
  throw new InvalidArgumentError(`there is no ${key}; ${meant(name, names)}expected one of ${names.join(', ')}.`)
}

function readNamed(key: string, schema: ParamsJsonSchema, text: string): unknown {
  try {
    return readField(schema, text)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InvalidArgumentError(`${key} is "${text}": ${error.message}`)
    throw error
  }
}

function meant(text: string, words: readonly string[]): string {
  const guess = nearest(text, words)
  return guess === undefined || guess === text ? '' : `did you mean ${guess}? `
}

/** What a list of keys and values looks like: `skip=…,first=…`. */
export function pairsPattern(shape: FieldShape): string {
  return shape.values === undefined
    ? pairKeys(shape)
        .map((key) => `${key}…`)
        .join(',')
    : 'KEY=VALUE,…'
}

/** `skip=`, `session.every=`: the keys of an object that are known, as they are typed. */
export function pairKeys({ fields }: FieldShape, prefix = ''): readonly string[] {
  return Object.entries(fields).flatMap(([name, schema]) => {
    const shape = shapeOf(schema)
    return isObject(shape) && !isScalar(shape) ? pairKeys(shape, `${prefix}${name}.`) : [`${prefix}${name}=`]
  })
}

/** The inverse of `readField`: how a value is typed. */
export function fieldText(value: unknown): string {
  if (Array.isArray(value)) return value.every(isPlain) ? value.map(String).join(',') : JSON.stringify(value)
  if (!isRecord(value)) return String(value)
  const pairs = pairsOf(value)
  return pairs === undefined ? JSON.stringify(value) : pairs.join(',')
}

/** `undefined`: there is something in it that only JSON can say. */
function pairsOf(object: Readonly<Record<string, unknown>>, prefix = ''): readonly string[] | undefined {
  const pairs = Object.entries(object).map(([name, value]) => {
    if (isPlain(value)) return [`${prefix}${name}=${String(value)}`]
    if (Array.isArray(value)) return value.every(isPlain) ? [`${prefix}${name}=${value.join(',')}`] : undefined
    if (value === null) return undefined
    return isRecord(value) ? pairsOf(value, `${prefix}${name}.`) : []
  })
  return pairs.includes(undefined) ? undefined : pairs.flatMap((each) => each ?? [])
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && !value.includes(','))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
