import type { FaultPlan } from '../../src/core/plan.ts'
import type { FaultDirection } from '../../src/core/words.ts'
import { parseParams } from '../../src/faults/index.ts'

let revisions = 0

export interface FaultOptions extends Pick<
  FaultPlan,
  'per' | 'match' | 'existing' | 'onRemove' | 'schedule' | 'ramp' | 'limits' | 'epoch'
> {
  /** Default: the type. */
  readonly name?: string
  readonly direction?: FaultDirection
  readonly probability?: number
}

/** A validated fault as a plan has it; every call is a new revision. */
export function fault(type: string, params: object = {}, options: FaultOptions = {}): FaultPlan {
  const { name = type, direction = 'downstream', probability = 1, ...more } = options
  const common = { ...more, name, type, direction, probability, owner: 'api' }
  return { ...common, params: parseParams(type, params), revision: ++revisions, draw: 0 }
}

/** The same fault with other parameters: the draws of live sessions stand. */
export function updated(before: FaultPlan, params: object): FaultPlan {
  return { ...before, params: parseParams(before.type, params), revision: ++revisions }
}

/** The same fault with another probability: live sessions draw again. */
export function redrawn(before: FaultPlan, probability: number): FaultPlan {
  const revision = ++revisions
  return { ...before, probability, revision, draw: revision }
}
