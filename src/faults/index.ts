import type { Stage } from '../core/outlet.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { Effect, StageContext, StageFactory } from '../core/stage-factory.ts'
import type { FaultDefinition } from './define.ts'
import { latency } from './latency.ts'

/** THE list of faults. A new one is one file and one line here. */
export const FAULTS: readonly FaultDefinition[] = [latency]

const byType = new Map<string, FaultDefinition>()
for (const definition of FAULTS) {
  if (byType.has(definition.type)) throw new Error(`two faults are called ${definition.type}`)
  byType.set(definition.type, definition)
}

export function faultDefinition(type: string): FaultDefinition | undefined {
  return byType.get(type)
}

function known(type: string): FaultDefinition {
  const definition = byType.get(type)
  if (definition === undefined) throw new Error(`a plan names the unknown fault type ${type}`)
  return definition
}

/** What the engine builds stages with. Parameters were validated at the door, so they are trusted here. */
export const stageFactory: StageFactory = {
  build: (fault: FaultPlan, context: StageContext, previous: Stage | undefined): Stage =>
    known(fault.type).stage(fault.params, context, previous),
  effectOf: (type: string): Effect => known(type).effect,
}
