import type { FaultLimits, FaultPlan } from '../../core/plan.ts'
import { fieldsOf, limitFieldsOf } from '../fault-fields.ts'
import type { Fields } from '../fault-input.ts'
import { proxyFields } from '../proxy-document.ts'
import { defined } from '../../core/defined.ts'
import { standsOtherwise } from './announce.ts'
import { differing } from './differing.ts'
import type { NextFault, Step } from './steps.ts'
import type { DiffEntry } from './types.ts'

/** What a step would change, the proxy first. */
export function diffOf({ proxy, before, after, moves, faults }: Step): readonly DiffEntry[] {
  const entries: DiffEntry[] = []
  if (after === undefined) {
    entries.push({
      action: 'remove',
      proxy,
      before: before === undefined ? null : proxyFields(before),
      after: null,
      drops_sessions: true,
    })
  } else if (before === undefined) {
    entries.push({ action: 'create', proxy, before: null, after: proxyFields(after.input) })
  } else if (moves) {
    const [was, will] = [proxyFields(before), proxyFields(after.input)]
    entries.push({
      action: 'update',
      proxy,
      fields: differing(was, will),
      before: was,
      after: will,
      drops_sessions: true,
    })
  }
  const names = { before: (before?.faults ?? []).map(({ plan }) => plan.name), after: faults.map(nameOf) }
  if (after !== undefined && standsOtherwise(names.before, names.after)) {
    const [was, will] = [{ faults: names.before }, { faults: names.after }]
    entries.push({ action: 'update', proxy, fields: ['faults'], before: was, after: will })
  }
  const old = new Map(
    before?.faults.map(({ plan, lifetime }) => [plan.name, faultFields(plan, lifetime?.ttl, plan.ownerLimits)]),
  )
  for (const next of faults) {
    const name = nameOf(next)
    const was = old.get(name)
    old.delete(name)
    if (next.kind === 'same') continue
    const { fault, profile } = next
    const will = faultFields({ ...fault.wanted, owner: '', revision: 0, draw: 0 }, fault.ttl, profile.limits)
    entries.push(
      was === undefined
        ? { action: 'create', proxy, fault: name, before: null, after: will }
        : { action: 'update', proxy, fault: name, fields: differing(was, will), before: was, after: will },
    )
  }
  if (after === undefined) return entries
  for (const [fault, was] of old) entries.push({ action: 'remove', proxy, fault, before: was, after: null })
  return entries
}

function faultFields(plan: FaultPlan, ttl: number | undefined, limits: FaultLimits | undefined): Fields {
  return { ...fieldsOf(plan), ...defined({ ttl, profile_limits: limits && limitFieldsOf(limits) }) }
}

function nameOf(next: NextFault): string {
  return next.kind === 'same' ? next.record.plan.name : next.fault.wanted.name
}
