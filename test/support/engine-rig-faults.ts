import type { FaultPlan } from '../../src/core/plan.ts'
import type { FaultDirection } from '../../src/core/words.ts'
import { parseParams } from '../../src/faults/index.ts'

let revisions = 0

export interface FaultOptions extends Pick<
  FaultPlan,
  'per' | 'match' | 'existing' | 'onRemove' | 'schedule' | 'ramp' | 'limits' | 'ownerLimits' | 'shadow' | 'epoch'
> {
  /** Default: the type. */
  readonly name?: string
  readonly direction?: FaultDirection
  readonly probability?: number
  /** Default: `api`. */
  readonly owner?: string
}

/** A validated fault as a plan has it; every call is a new revision. */
export function fault(type: string, params: object = {}, options: FaultOptions = {}): FaultPlan {
  const { name = type, direction = 'downstream', probability = 1, owner = 'api', ...more } = options
  const common = { ...more, name, type, direction, probability, owner }
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

/** The same fault with another probability alone: what live sessions have drawn stands, and so do their stages. */
export function likelier(before: FaultPlan, probability: number): FaultPlan {
  return { ...before, probability }
}

/** The same fault as it is when something has changed that makes it begin anew. */
export function begunAnew(before: FaultPlan, more: Partial<FaultPlan>): FaultPlan {
  return { ...before, ...more, revision: ++revisions, epoch: (before.epoch ?? 0) + 1 }
}
