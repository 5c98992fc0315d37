import { FoulweatherError } from '../core/errors.ts'
import type { Stage } from '../core/outlet.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { Effect, StageContext, StageFactory } from '../core/stage-factory.ts'
import { bandwidth } from './bandwidth.ts'
import type { FaultDefinition } from './define.ts'
import { latency } from './latency.ts'
import { limitData } from './limit-data.ts'
import { nearest } from './nearest.ts'
import { noop } from './noop.ts'
import { type Params, readParams } from './parse-params.ts'
import { registry } from './registry.ts'
import { resetPeer } from './reset-peer.ts'
import { slicer } from './slicer.ts'
import { slowClose } from './slow-close.ts'
import { timeout } from './timeout.ts'

export { describeFault, type FaultDescription } from './describe.ts'
export { COMMON_FIELDS } from './registry.ts'
export { paramsToToxic, toxicToParams } from './toxic-params.ts'

/** THE list of faults. A new one is one file and one line here. */
export const FAULTS: readonly FaultDefinition[] = [
  latency,
  bandwidth,
  slowClose,
  timeout,
  resetPeer,
  slicer,
  limitData,
  noop,
]

const byType = registry(FAULTS)

export function faultDefinition(type: string): FaultDefinition | undefined {
  return byType.get(type)
}

/** For "did you mean": the type that `text` is most like; `undefined` = none is near. */
export function nearestType(text: string): string | undefined {
  return nearest(text, [...byType.keys()])
}

/**
 * Validates the parameters of a fault and answers them in base units. `input` holds the parameters alone, without the common fields; `path` is put
 * in front of field names in errors. Throws `invalid_fault_type`, `invalid_value` (also for an unknown key) or `missing_field`.
 */
export function parseParams(type: string, input: unknown, path = ''): Params {
  const definition = byType.get(type)
  if (definition !== undefined) return readParams(definition, input, path)
  const guess = nearestType(type)
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
  const types = [...byType.keys()].join(', ')
  throw new FoulweatherError('invalid_fault_type', `there is no fault type "${type}"${hint} (there are: ${types})`, {
    field: path === '' ? 'type' : `${path}.type`,
    value: type,
    expected: `one of ${types}`,
  })
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
