import type { ParamsJsonSchema } from '../faults/index.ts'
import { shapeOf, textIn } from './field-shape.ts'
import { fieldText, isRecord } from './field-text.ts'

type Scale = readonly (readonly [unit: string, size: number])[]

const DURATIONS: Scale = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['us', 0.001],
]

const SIZES: Scale = [
  ['GiB', 2 ** 30],
  ['GB', 1e9],
  ['MiB', 2 ** 20],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['KB', 1e3],
  ['B', 1],
]

/** A value of a parameter for people, who can type it again as it is shown: `250ms`, `64KiB`, `20KB/s`, `30%`. `unit` is that of plain numbers. */
export function showQuantity(unit: string | undefined, value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (typeof value !== 'number' || !Number.isFinite(value)) return fieldText(value)
  if (unit === 'ms') return showDuration(value)
  if (unit === 'bytes') return scaled(value, SIZES, 'B', 0)
  if (unit === 'bytes/s') return `${scaled(value, SIZES, 'B', 1)}/s`
  if (unit === '0…1') return `${rounded(value * 100, 4)}%`
  // Only units that are shown as they are typed: "10 count" is nothing anybody would write.
  return unit === '%' || unit === '/s' ? `${value}${unit}` : String(value)
}

/** A whole field for people: an object as `key=value,…`, each part with its own unit. */
export function showField(schema: ParamsJsonSchema, value: unknown): string {
  const shape = shapeOf(schema)
  const withUnits = isRecord(value) ? inUnits(schema, value) : undefined
  return withUnits === undefined || shape.items !== undefined
    ? showQuantity(textIn(schema, 'unit'), value)
    : fieldText(withUnits)
}

function inUnits(schema: ParamsJsonSchema, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { fields, values } = shapeOf(schema)
  const entries = Object.entries(object).map(([name, value]): readonly [string, unknown] => {
    const inner = Object.hasOwn(fields, name) ? fields[name] : values
    if (inner === undefined) return [name, value]
    return [
      name,
      isRecord(value)
        ? inUnits(inner, value)
        : typeof value === 'number'
          ? showQuantity(textIn(inner, 'unit'), value)
          : value,
    ]
  })
  return Object.fromEntries(entries)
}

export function showDuration(ms: number): string {
  return scaled(ms, DURATIONS, 'ms', 1)
}

/** In the largest unit in which it has no more decimals than that; what fits none is rounded to thousandths of the smallest. */
function scaled(value: number, scale: Scale, plain: string, decimals: number): string {
  if (value === 0) return `0${plain}`
  const precision = 10 ** decimals
  const isNeat = (size: number): boolean =>
    value >= size && Math.abs(Math.round((value / size) * precision) - (value / size) * precision) < 1e-9
  const [unit, size] = scale.find(([, size]) => isNeat(size)) ?? scale.find(([unit]) => unit === plain) ?? [plain, 1]
  return `${rounded(value / size, 3)}${unit}`
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
