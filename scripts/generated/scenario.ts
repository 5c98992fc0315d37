import { parseParams } from '../../src/faults/index.ts'
import type { FaultDescription } from '../../src/faults/index.ts'

/** What comes in while a fault is shown at work. Times are milliseconds. */
export interface Scenario {
  /** Between two chunks, or two connections. */
  readonly step: number
  readonly count: number
  /** Of each chunk. */
  readonly bytes: number
  /** The peer ends its direction after the last chunk. */
  readonly end: boolean
  /** How long a client stays that was let in. */
  readonly stay: number
  /** Until when to look. */
  readonly until: number
}

/** Where what fits most faults does not show what this one does. */
const SPECIAL: Readonly<Record<string, Partial<Scenario>>> = {
  // These wait for silence.
  idle_kill: { count: 3, step: 1000, end: false },
  timeout: { count: 3, step: 1000, end: false },
  max_sessions: { count: 13, stay: 1300 },
}

/** A few chunks (or connections), for a transcript: spread and sized so that the example of the fault shows. */
export function transcriptScenario(fault: FaultDescription): Scenario {
  return complete(fault, 6, Math.max(100, nice(longest(fault, 'ms') / 4)))
}

/** Many chunks, for a plot. */
export function plotScenario(fault: FaultDescription): Scenario {
  const span = Math.max(2000, 2 * longest(fault, 'ms'))
  return complete(fault, 120, span / 120)
}

function complete(fault: FaultDescription, count: number, step: number): Scenario {
  const rate = longest(fault, 'bytes/s')
  const size = longest(fault, 'bytes')
  // Twice what a thin pipe takes; half as much again as what is counted in bytes, or one where it is only now and then that something changes.
  const ofSize = fault.effect === 'content' ? size : nice((size * 1.5) / count)
  const bytes = rate > 0 ? (2 * rate * step) / 1000 : size > 0 ? ofSize : 1000
  const usual = { step, count, bytes: Math.round(Math.min(60_000, Math.max(200, bytes))), end: true, stay: Infinity }
  const scenario = { ...usual, ...SPECIAL[fault.type] }
  const until = scenario.count * scenario.step + 2 * longest(fault, 'ms') + 1000
  return { ...scenario, until: Math.max(until, scenario.stay === Infinity ? 0 : 2 * scenario.stay) }
}

/** The largest of the parameters of the example that have this unit; 0 = there is none. */
function longest({ type, example, schema }: FaultDescription, unit: string): number {
  const values = Object.entries(parseParams(type, example)).flatMap(([name, value]) => {
    const property = schema.properties?.[name]
    const isOfUnit = typeof property === 'object' && property['unit'] === unit
    return isOfUnit || unit === 'ms' ? numbersIn(value, isOfUnit) : []
  })
  return Math.max(0, ...values.filter((value) => Number.isFinite(value)))
}

/** Of an object the member that says how often it comes round. */
function numbersIn(value: unknown, isOfUnit: boolean): readonly number[] {
  if (typeof value === 'number') return isOfUnit ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return 'period' in value && typeof value.period === 'number' ? [value.period] : []
}

/** 1, 2 or 5 times a power of ten, the nearest from above. */
function nice(value: number): number {
  if (value <= 0) return 0
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((factor) => value <= factor * power * (1 + 1e-9)) ?? 10
  return factor * power
}
