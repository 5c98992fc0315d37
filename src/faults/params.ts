import { z } from 'zod'

/**
 * Parameter kinds with units. Each accepts a plain number in the base unit or a text with a unit, and answers the base unit:
 * milliseconds, bytes, bytes per second, times per second, 0…1. Whole numbers are plain numbers.
 */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** Network engineers' words (tc, iperf): `kbit` is 1000 bits per second. */
const BIT_UNITS: Readonly<Record<string, number>> = { bit: 1 / 8, kbit: 125, mbit: 125_000, gbit: 125_000_000 }

const NUMBER = /^(\d+(?:\.\d+)?|\.\d+)\s*([A-Za-zµ/]*)$/

/** Reads `"250ms"`; answers `undefined` for anything that is not a number and a known unit. Letter case of the unit is ignored. */
function readQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = NUMBER.exec(text.trim())
  if (match === null) return undefined
  const unit = (match[2] ?? '').toLowerCase()
  if (unit === '') return Number(match[1])
  for (const [name, factor] of Object.entries(units)) if (name.toLowerCase() === unit) return Number(match[1]) * factor
  return undefined
}

/** Milliseconds; `undefined` when it is no duration. */
export function readDurationText(text: string): number | undefined {
  return readQuantity(text, DURATION_UNITS)
}

/** Bytes, not rounded; `undefined` when it is no size. */
export function readSizeText(text: string): number | undefined {
  return readQuantity(text, SIZE_UNITS)
}

/** Far beyond any use, and far from where sums of such numbers would overflow. */
export const LARGEST = 1e30

/** `unit` (that of plain numbers) and `accepts` go into the JSON Schema, for editors, help and docs. */
function quantity(unit: string, accepts: string, read: (text: string) => number | undefined) {
  const error = `expected ${accepts}`
  return z
    .union([z.number({ error }).min(0, { error }), z.string()], { error })
    .transform((given, context) => {
      const value = typeof given === 'number' ? given : read(given)
      if (value !== undefined && value <= LARGEST) return value
      context.addIssue({ code: 'custom', message: error, input: given })
      return z.NEVER
    })
    .meta({ unit, accepts })
}

/** A length of time: milliseconds, or a text such as `250ms`, `1.5s`, `800us`, `5m`. */
export const duration = () =>
  quantity('ms', 'milliseconds or a duration such as "250ms", "1.5s", "5m"', readDurationText)

/** An amount of data: bytes, or a text such as `64KiB`, `1MB`. Rounded to whole bytes. */
export const size = () => {
  const bytes = quantity('bytes', 'bytes or a size such as "64KiB", "1MB"', readSizeText)
  return bytes.transform((value) => Math.round(value)).meta(bytes.meta() ?? {})
}

/** With or without `/s`. */
const RATE_UNITS = Object.fromEntries(
  Object.entries({ ...SIZE_UNITS, ...BIT_UNITS }).flatMap(([unit, factor]) => [
    [unit, factor],
    [`${unit}/s`, factor],
  ]),
)

/** Bytes per second. A small `b` is a bit to some and a byte to others, eight times apart: it is not read. */
export function readRateText(text: string): number | undefined {
  return /b(\/s)?\s*$/.test(text) ? undefined : readQuantity(text, RATE_UNITS)
}

/** A rate: bytes per second, or a text such as `20KB/s`, `1MiB/s`, `10mbit`. */
export const rate = () => quantity('bytes/s', 'bytes per second or a rate such as "20KB/s", "10mbit"', readRateText)

/** `/m` is per minute, as `m` is a minute. */
const FREQUENCY_UNITS: Readonly<Record<string, number>> = { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600 }

/** How often something happens: times per second, or a text such as `200/s`, `30/m`. */
export const frequency = () =>
  quantity('/s', 'times per second or a text such as "200/s", "30/m"', (text) => readQuantity(text, FREQUENCY_UNITS))

/** A whole number of `what`, `least` to `most`; never a text. */
export const count = (what: string, least: number, most: number) => {
  const accepts = `a whole number of ${what}, ${least} to ${most}`
  const error = `expected ${accepts}`
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ unit: 'count', accepts })
}

const SHARE = 'expected a share of 0 to 1 or a text such as "30%"'

/** A share of 0…1, or a text such as `30%`. */
export const probability = () =>
  z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/, { error: SHARE })], { error: SHARE })
    .transform((given) => (typeof given === 'number' ? given : Number(given.slice(0, -1)) / 100))
    .pipe(z.number().min(0, { error: SHARE }).max(1, { error: SHARE }))
    .meta({ unit: '0…1', accepts: SHARE.slice('expected '.length) })
