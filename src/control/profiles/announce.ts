import type { By } from '../by.ts'
import { faultChange, proxyChange } from '../changes.ts'
import type { FaultRecord, ProxyRecord } from '../records.ts'
import type { Registry } from '../registry.ts'

/** Tells what has become of a proxy, and of its faults. */
export function announceStep(
  registry: Registry,
  proxy: string,
  before: ProxyRecord | undefined,
  after: ProxyRecord | undefined,
  by: By,
): void {
  const say = registry.announce.bind(registry)
  if (before === undefined && after !== undefined) say(proxyChange('proxy-created', null, { ...after, faults: [] }, by))
  else if (after === undefined && before !== undefined) return say(proxyChange('proxy-deleted', before, null, by))
  else if (before !== undefined && after !== undefined && isOther(before, after))
    say(proxyChange('proxy-updated', before, after, by))
  const old = new Map(before?.faults.map((fault) => [fault.plan.name, fault]))
  for (const fault of after?.faults ?? []) {
    const was = old.get(fault.plan.name)
    old.delete(fault.plan.name)
    if (was === fault) continue
    say(faultChange(was === undefined ? 'fault-added' : 'fault-updated', proxy, was ?? null, fault, by))
  }
  for (const fault of old.values()) say(faultChange('fault-removed', proxy, fault, null, by))
  return undefined
}

/** In something else than what its faults are; their order is the proxy's own. */
function isOther(a: ProxyRecord, b: ProxyRecord): boolean {
  return (
    a.listen !== b.listen ||
    a.upstream !== b.upstream ||
    a.enabled !== b.enabled ||
    a.wanted !== b.wanted ||
    a.owner !== b.owner ||
    standsOtherwise(a.faults.map(nameOf), b.faults.map(nameOf))
  )
}

/** Whether those that are in both lists have another order in the one than in the other. */
export function standsOtherwise(before: readonly string[], after: readonly string[]): boolean {
  const [there, stays] = [new Set(before), new Set(after)]
  const was = before.filter((name) => stays.has(name))
  return after.filter((name) => there.has(name)).some((name, at) => name !== was[at])
}

function nameOf({ plan }: FaultRecord): string {
  return plan.name
}
