import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { parseAddress } from '../core/address.ts'
import { LOG_LEVEL_WORDS, parseLogLevel } from '../observe/log-level.ts'
import type { LogLevel } from '../observe/log-level.ts'
import { duration, probability, size } from '../faults/params.ts'

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

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

export const readLogLevel: Reader<LogLevel> = (text) => {
  const level = parseLogLevel(text)
  if (level === undefined) throw new InvalidArgumentError(`expected one of ${LOG_LEVEL_WORDS.join(', ')}, or a number.`)
  return level
}
