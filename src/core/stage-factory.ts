import type { Stage } from './outlet.ts'
import type { FaultPlan } from './plan.ts'
import type { Random } from './random.ts'
import type { Ending } from './words.ts'

/** Plain counters of one fault of one proxy, over all its sessions. A field costs 1 ns to count; the metrics read them. */
export interface FaultCounters {
  /** Session directions that met the fault, selected or not (drawing again counts again). */
  seen: number
  /** Of these, how many the draw selected. */
  selected: number
  /** How often it acted: chunks delayed, cut or dropped, endings caused. Counted by the stage itself. */
  applied: number
}

/** What a stage is given besides its parameters. */
export interface StageContext {
  readonly random: Random
  readonly counters: FaultCounters
  /** `{ origin: 'injected', reason: <fault name> }`: pass it to `abort`. */
  readonly ending: Ending
}

/** What a fault does to the bytes; decides which promises its tests hold it to, and which stages see held bytes again. */
export type Effect = 'timing' | 'content' | 'loss' | 'ending'

/**
 * How the engine makes stages without knowing any fault by name. `previous` is the stage that this one replaces after an update
 * (perhaps unselected meanwhile), so that state such as a byte count can be carried over.
 */
export interface StageFactory {
  build(fault: FaultPlan, context: StageContext, previous: Stage | undefined): Stage
  effectOf(type: string): Effect
}
