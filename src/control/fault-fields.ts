import type { FaultLimits, FaultMatch, FaultPlan } from '../core/plan.ts'
import { faultDefinition } from '../faults/index.ts'
import { statusText } from '../faults/match-fields.ts'
import { stickyText } from './exchange-input.ts'
import type { Fields } from './fault-input.ts'
import { outcomeFields } from './outcome-input.ts'
import { defined } from '../core/defined.ts'

/** A fault as it could be written: everything that is in force, in base units. The `ttl` is not part of the plan, hence not of this. */
export function fieldsOf(plan: FaultPlan): Fields {
  const { name, type, params } = plan
  return { name, type, ...sessionFields(plan), ...params, ...defined(otherFields(plan)) }
}

/** Nothing for a fault that acts on the whole proxy. */
function sessionFields(plan: FaultPlan): Fields {
  const { type, direction, probability, per = 'session', existing = 'apply', onRemove = 'release' } = plan
  if (faultDefinition(type)?.reach === 'proxy') return {}
  return { direction, probability, per, ...defined(exchangeFields(plan)), existing, on_remove: onRemove }
}

function exchangeFields({ part, match, exclude, count, stickyBy, outcomes }: FaultPlan) {
  return {
    part,
    match: match && matchFields(match),
    exclude: exclude && matchFields(exclude),
    count,
    sticky_by: stickyBy && stickyText(stickyBy),
    outcomes: outcomes && outcomeFields(outcomes),
  }
}

function matchFields({ status, ...match }: FaultMatch): Fields {
  return { ...match, ...defined({ status: status?.map(statusText) }) }
}

function otherFields({ schedule, ramp, limits, shadow }: FaultPlan) {
  return {
    schedule,
    ramp:
      ramp && Object.fromEntries(Object.entries(ramp).map(([name, { from, to, over }]) => [name, { from, to, over }])),
    limits: limits && limitFieldsOf(limits),
    shadow,
  }
}

/** Limits as users write them. */
export function limitFieldsOf({ maxActive, maxInjections, maxShare, maxAddedDelay }: FaultLimits): Fields {
  return defined({
    max_active: maxActive,
    max_injections: maxInjections,
    max_share: maxShare,
    max_added_delay: maxAddedDelay,
  })
}

/** `plan` with what `patch` gives in its place; `null` takes a field away. */
export function patchedFields(plan: FaultPlan, patch: Fields): Fields {
  const fields = fieldsOf(plan)
  // With a new ramp a parameter begins where that says, not where it is now; without its old one it stays where that began.
  const ramped = Object.keys(isObject(patch['ramp']) ? patch['ramp'] : {})
  return { ...Object.fromEntries(Object.entries(fields).filter(([name]) => !ramped.includes(name))), ...patch }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
