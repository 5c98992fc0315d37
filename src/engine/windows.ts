import type { FaultPlan, FaultSchedule, Ramp } from '../core/plan.ts'

/** What a schedule says of one moment. All times are milliseconds since the fault was added. */
export interface Window {
  readonly state: 'working' | 'waiting' | 'over'
  /** When that changes by itself; `Infinity` = never. */
  readonly until: number
}

const ALWAYS: Window = { state: 'working', until: Infinity }

/** A time that was reckoned forth and back may have lost its last bit, and a change must not be missed for that. */
const HAIR_MS = 1e-6

/** The window that `age` lies in. */
export function windowAt(schedule: FaultSchedule | undefined, age: number): Window {
  if (schedule === undefined) return ALWAYS
  const { after = 0, for: length = Infinity, every = Infinity } = schedule
  const since = age - after + HAIR_MS
  if (since < 0) return { state: 'waiting', until: after }
  const begun = every === Infinity ? 0 : Math.floor(since / every) * every
  if (since - begun < length) return { state: 'working', until: after + begun + length }
  return every === Infinity ? { state: 'over', until: Infinity } : { state: 'waiting', until: after + begun + every }
}

/** A ramp goes in steps: so many at most, and none shorter than that. Each step gives the live sessions of the proxy new stages. */
const MOST_STEPS = 200
const SHORTEST_STEP_MS = 250

/** The value of a ramp `age` after it began, and when it takes the next one (`Infinity` = never). */
export function rampAt(
  { from, to, over, whole }: Ramp,
  age: number,
): { readonly value: number; readonly until: number } {
  const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(over / SHORTEST_STEP_MS)))
  const step = over / steps
  if (age + HAIR_MS >= over) return { value: to, until: Infinity }
  const taken = Math.max(0, Math.floor((age + HAIR_MS) / step))
  const value = from + ((to - from) * taken) / steps
  return { value: whole === true ? Math.round(value) : value, until: (taken + 1) * step }
}

export interface Ramped {
  readonly plan: FaultPlan
  /** What the ramps have reached, by parameter. */
  readonly values: Readonly<Record<string, number>>
  readonly until: number
}

/** The fault as its ramps have it `age` after it was added, and when they change it next. The same object when it has none. */
export function rampedAt(plan: FaultPlan, age: number): Ramped {
  if (plan.ramp === undefined) return { plan, values: {}, until: Infinity }
  const after = plan.schedule?.after ?? 0
  const values: Record<string, number> = {}
  let until = Infinity
  for (const [name, ramp] of Object.entries(plan.ramp)) {
    const now = rampAt(ramp, Math.max(0, age - after))
    values[name] = now.value
    until = Math.min(until, now.until + after)
  }
  const { probability = plan.probability, ...params } = values
  return { plan: { ...plan, probability, params: { ...plan.params, ...params } }, values, until }
}
