import { z } from 'zod'

/**
 * Parameter kinds with units. Each accepts a plain number in the base unit or a text with a unit, and answers the base unit:
 * milliseconds, bytes, bytes per second, 0…1.
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

/** Network engineers' words (tc, iperf): `kbit` is 1000 bits per second. Byte units may be written with or without `/s`. */
const BIT_RATE_UNITS: Readonly<Record<string, number>> = { bit: 1 / 8, kbit: 125, mbit: 125_000, gbit: 125_000_000 }

const NUMBER = /^(\d+(?:\.\d+)?|\.\d+)\s*([A-Za-zµ/]*)$/

/** Reads `"250ms"`; answers `undefined` for anything that is not a number and a known unit. Letter case of the unit is ignored. */
function readQuantity(text: string, units: Readonly<Record<string, number>>, base: number): number | undefined {
  const match = NUMBER.exec(text.trim())
  if (match === null) return undefined
  const unit = (match[2] ?? '').toLowerCase()
  if (unit === '') return Number(match[1]) * base
  for (const [name, factor] of Object.entries(units)) if (name.toLowerCase() === unit) return Number(match[1]) * factor
  return undefined
}

function quantity(read: (text: string) => number | undefined, expected: string) {
  return z
    .union([z.number().nonnegative(), z.string()], { error: `expected ${expected}` })
    .transform((given, context) => {
      const value = typeof given === 'number' ? given : read(given)
      if (value !== undefined && Number.isFinite(value)) return value
      context.addIssue({ code: 'custom', message: `expected ${expected}`, input: given })
      return z.NEVER
    })
}

/** A length of time: milliseconds, or a text such as `250ms`, `1.5s`, `800us`, `5m`. */
export const duration = () =>
  quantity((text) => readQuantity(text, DURATION_UNITS, 1), 'milliseconds or a duration such as "250ms", "1.5s", "5m"')

/** An amount of data: bytes, or a text such as `64KiB`, `1MB`. Whole bytes. */
export const size = () =>
  quantity((text) => readQuantity(text, SIZE_UNITS, 1), 'bytes or a size such as "64KiB", "1MB"').transform((bytes) =>
    Math.round(bytes),
  )

const perSecond = Object.fromEntries(
  Object.entries(SIZE_UNITS).flatMap(([unit, factor]) => [
    [unit, factor],
    [`${unit}/s`, factor],
    [`${unit}ps`, factor],
  ]),
)

/** A rate: bytes per second, or a text such as `20KB/s`, `1MiB/s`, `10mbit`. */
export const rate = () =>
  quantity(
    (text) => readQuantity(text, { ...perSecond, ...BIT_RATE_UNITS }, 1),
    'bytes per second or a rate such as "20KB/s", "10mbit"',
  )

/** A share of 0…1, or a text such as `30%`. */
export const probability = () =>
  z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/)], {
      error: 'expected a share of 0 to 1 or a text such as "30%"',
    })
    .transform((given) => (typeof given === 'number' ? given : Number(given.slice(0, -1)) / 100))
    .pipe(z.number().min(0).max(1))
