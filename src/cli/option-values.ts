import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { parseAddress } from '../core/address.ts'
import { LOG_LEVEL_WORDS, parseLogLevel } from '../observe/log-level.ts'
import type { LogLevel } from '../observe/log-level.ts'
import { span } from '../faults/field-kinds.ts'
import { duration, probability, size } from '../faults/params.ts'
import type { VarValue } from '../profiles/document.ts'
import { type AskedWorkers, MOST_WORKERS } from '../worker-count.ts'

/** Readers of option values: text → value, or commander's usage error that names what would be right. */
type Reader<T> = (text: string) => T

function reader<T>(schema: z.ZodType<T>): Reader<T> {
  return (text) => {
    const { data, error } = schema.safeParse(text)
    if (error !== undefined) throw new InvalidArgumentError(`${error.issues[0]?.message ?? 'not acceptable'}.`)
    return data
  }
}

/** Milliseconds: a plain number or a text with a unit. */
export const readDuration: Reader<number> = reader(duration())

/** The same, and not nothing: how long something stays. */
export const readSpan: Reader<number> = reader(span())

/** Bytes: a plain number or a text with a unit. */
export const readSize: Reader<number> = reader(size())

const PLAIN_NUMBER = /^\d+(\.\d+)?$/

/** Milliseconds, from a plain number of *seconds* or a text with a unit. */
export const readSeconds: Reader<number> = (text) => {
  const ms = readDuration(PLAIN_NUMBER.test(text) ? `${text}s` : text)
  // Timers of Node end at 24.8 days, and take more for nothing at all.
  if (ms > MOST_SECONDS_MS) throw new InvalidArgumentError('expected 24 hours at most.')
  return ms
}

const MOST_SECONDS_MS = 86_400_000

/** 0…1, also written as `30%`. */
export const readProbability: Reader<number> = (text) => {
  const value: unknown = PLAIN_NUMBER.test(text) ? Number(text) : text
  const { data, success } = probability().safeParse(value)
  if (!success) throw new InvalidArgumentError('toxicity should be a float between 0 and 1, or a text such as "30%".')
  return data
}

/** The same for what is no toxicity. */
export const readShare: Reader<number> = (text) => {
  const { data, error } = probability().safeParse(PLAIN_NUMBER.test(text) ? Number(text) : text)
  if (error !== undefined) throw new InvalidArgumentError(`${error.issues[0]?.message ?? 'not acceptable'}.`)
  return data
}

export const readSeed: Reader<number> = (text) => {
  const seed = Number(text)
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new InvalidArgumentError(`expected a whole number of at most ${Number.MAX_SAFE_INTEGER}.`)
}

export interface HostPort {
  /** Empty = every interface. */
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `[V6]:PORT` or `:PORT`; port 0 = any free one. */
export const readHostPort: Reader<HostPort> = (text) => {
  const address = parseAddress(text)
  if (address.kind === 'bad') throw new InvalidArgumentError(`expected HOST:PORT (${address.text}).`)
  if (address.kind !== 'tcp') throw new InvalidArgumentError('expected HOST:PORT, for example 127.0.0.1:8474.')
  return { host: address.host, port: readPort(address.port) }
}

export const readPort: Reader<number> = (text) => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError(`expected a port of 0 to 65535, found "${text}".`)
}

/** All of them are put together for one answer, which takes 0.1 s for so many: nothing else is done meanwhile. */
const MOST_DECISIONS = 100_000

export const readDecisionCount: Reader<number> = (text) => {
  const count = readCount(text)
  if (count <= MOST_DECISIONS) return count
  throw new InvalidArgumentError(`expected a whole number of 0 to ${MOST_DECISIONS}.`)
}

/** A whole number of 0 or more. */
export const readCount: Reader<number> = (text) => {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('expected a whole number of 0 or more.')
}

/** A whole number of 1 or more. */
export const readPositiveCount: Reader<number> = (text) => {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count
  throw new InvalidArgumentError('expected a whole number of 1 or more.')
}

/** `auto`, or a whole number of 1 to 64. */
export const readWorkers: Reader<AskedWorkers> = (text) => {
  if (text === 'auto') return text
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_WORKERS) return count
  throw new InvalidArgumentError(
    `expected a whole number of 1 to ${MOST_WORKERS}, or auto for as many as there are cores.`,
  )
}

/** For options that may be given several times, with several names at once: `a,b`. */
export function collectNames(text: string, before: readonly string[] | undefined): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('expected names, separated by commas.')
  return [...(before ?? []), ...names]
}

export type Vars = Readonly<Record<string, VarValue>>

/** `NAME=VALUE`; may be given several times, the last one of a name counts. */
export function collectVars(text: string, before: Vars | undefined): Vars {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(at, 0)).trim()
  if (name === '') throw new InvalidArgumentError('expected NAME=VALUE, for example delay=250ms.')
  // Not by name: `__proto__` would be something else.
  return Object.fromEntries([...Object.entries(before ?? {}), [name, readVarValue(text.slice(at + 1))]])
}

/** As JSON has numbers; without leading zeros, so that `007` stays a text. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** `true`, `false` and numbers are that, everything else is a text; in double quotes, everything is. */
function readVarValue(text: string): VarValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (NUMBER.test(text) && Number.isFinite(Number(text))) return Number(text)
  if (!/^".*"$/s.test(text)) return text
  try {
    return String(JSON.parse(text))
  } catch {
    throw new InvalidArgumentError(`expected a text in double quotes as JSON has them, got ${text}.`)
  }
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

export const readLogLevel: Reader<LogLevel> = (text) => {
  const level = parseLogLevel(text)
  if (level === undefined) throw new InvalidArgumentError(`expected one of ${LOG_LEVEL_WORDS.join(', ')}, or a number.`)
  return level
}
