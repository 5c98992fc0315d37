import { isDeepStrictEqual } from 'node:util'
import { defined } from '../core/defined.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { WantedFault } from './fault-input.ts'

/** What decides whether a session or an exchange is selected; the probability is held against the number that was drawn already. */
const DRAWN_BY = ['per', 'part', 'match', 'exclude', 'count', 'stickyBy'] as const

/** When the fault counts as newly added. */
const BEGUN_BY = ['schedule', 'ramp', 'limits', 'ownerLimits', 'shadow'] as const

/**
 * The plan of a fault that is to be otherwise. Tells the engine what has to be decided anew, and nothing more than that: whether sessions are
 * selected (`draw`), since when the fault is there (`epoch`), and whether its stages have to be made anew (`revision`).
 *
 * @param revision for the case that they have to.
 */
export function succeed(
  before: FaultPlan,
  wanted: WantedFault & Pick<FaultPlan, 'ownerLimits'>,
  revision: number,
): FaultPlan {
  const changed = (...fields: readonly (keyof typeof wanted)[]) =>
    fields.some((field) => !isDeepStrictEqual(before[field], wanted[field]))
  const draw = before.draw + (changed(...DRAWN_BY) ? 1 : 0)
  const epoch = changed(...BEGUN_BY) ? (before.epoch ?? 0) + 1 : before.epoch
  const same = { owner: before.owner, draw, ...defined({ epoch }) }
  const asBefore = { ...wanted, ...same, revision: before.revision }
  const isSame = isDeepStrictEqual({ ...asBefore, probability: 0 }, { ...before, probability: 0 })
  return isSame ? asBefore : { ...asBefore, revision }
}
