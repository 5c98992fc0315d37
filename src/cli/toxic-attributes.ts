import { InvalidArgumentError } from 'commander'
import type { ToxicAttribute, ToxicUnit } from '../faults/define.ts'
import { faultDefinition } from '../faults/index.ts'
import { nearest } from '../faults/nearest.ts'
import { readDurationText, readRateText, readSizeText } from '../faults/params.ts'
import { CommandFailure, EXIT } from './context.ts'

/** As they were typed. */
export type AttributeTexts = Readonly<Record<string, string>>

/** As the admin API takes them. */
export type Attributes = Readonly<Record<string, number | string>>

type Attribute = Pick<ToxicAttribute<never>, 'name' | 'unit' | 'float'>

/** Reads one `-a key=value` and adds it to those before it. */
export function readAttribute(text: string, before: AttributeTexts | undefined): AttributeTexts {
  const equals = text.indexOf('=')
  const key = text.slice(0, equals).trim()
  if (equals < 0 || key === '') throw new InvalidArgumentError('expected KEY=VALUE, for example latency=100.')
  return { ...before, [key]: text.slice(equals + 1).trim() }
}

/**
 * The attributes of a toxic of `type`: numbers as they are, values with a unit in the attribute's own. The server passes over names
 * that it does not know, as Toxiproxy does, so they are refused here. A type that only the server knows is left to it.
 *
 * @throws CommandFailure that names the attribute and what would be right.
 */
export function attributesOf(type: string, texts: AttributeTexts): Attributes {
  const toxic = faultDefinition(type)?.toxic
  const entries = Object.entries(texts)
  if (toxic === undefined) return Object.fromEntries(entries.map(([key, text]) => [key, numberOrText(text)]))
  return Object.fromEntries(
    entries.map(([key, text]) => {
      const attribute = toxic.find(({ name }) => name === key.toLowerCase())
      if (attribute === undefined) throw unknownAttribute(type, key, toxic)
      return [attribute.name, attribute.float === true ? fraction(attribute, text) : wholeNumber(attribute, text)]
    }),
  )
}

function unknownAttribute(type: string, key: string, toxic: readonly Attribute[]): CommandFailure {
  const names = toxic.map(({ name }) => name)
  const guess = nearest(key, names)
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`
  const list = names.length === 0 ? 'it has none' : `it has: ${names.join(', ')}`
  return new CommandFailure(`${type} has no attribute "${key}"${hint} (${list})`, EXIT.usage)
}

interface Unit {
  /** How many of the reader's own unit it is. */
  readonly size: number
  /** Answers milliseconds, bytes, or bytes per second. */
  readonly read: (text: string) => number | undefined
  readonly examples: string
}

const UNITS: Readonly<Record<ToxicUnit, Unit>> = {
  ms: { size: 1, read: readDurationText, examples: '250ms or 1.5s' },
  µs: { size: 0.001, read: readDurationText, examples: '500us or 2ms' },
  bytes: { size: 1, read: readSizeText, examples: '64KiB or 1MB' },
  'KB/s': { size: 1000, read: readRateText, examples: '1MB/s or 10mbit' },
  '0…1': { size: 1, read: readPercentage, examples: '30%' },
}

function readPercentage(text: string): number | undefined {
  return /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : undefined
}

/** Any number: the server says what it makes of one that is out of range, as Toxiproxy does. */
function fraction({ name, unit }: Attribute, text: string): number {
  const { size, read, examples } = UNITS[unit]
  const base = read(text)
  if (PLAIN_NUMBER.test(text)) return Number(text)
  if (base !== undefined) return base / size
  const expected = `expected a number (${unit}), or a value with a unit such as ${examples}`
  throw new CommandFailure(`attribute ${name} is "${text}": ${expected}`, EXIT.usage)
}

const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

function wholeNumber({ name, unit }: Attribute, text: string): number {
  const { size, read, examples } = UNITS[unit]
  const base = read(text)
  const value = PLAIN_NUMBER.test(text) ? Number(text) : base === undefined ? undefined : base / size
  const expected = `expected a whole number of ${unit}, or a value with a unit such as ${examples}`
  if (value === undefined) throw new CommandFailure(`attribute ${name} is "${text}": ${expected}`, EXIT.usage)
  const whole = Math.round(value)
  // 0.3 ms is 299.99999999999994 µs.
  if (Math.abs(value - whole) <= Math.abs(value) * 1e-12) return whole
  throw new CommandFailure(`attribute ${name} is "${text}", which is ${value} ${unit}: ${expected}`, EXIT.usage)
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

function numberOrText(text: string): number | string {
  return JSON_NUMBER.test(text) ? Number(text) : text
}
