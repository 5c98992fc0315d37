import { FoulweatherError } from '../core/errors.ts'
import { type By, refuseStale } from './by.ts'
import { faultChange } from './changes.ts'
import { expired } from './expiry.ts'
import { endedBy, lifetimeOf, renewed, type Wanted } from './lifetime.ts'
import { patchedFields } from './fault-fields.ts'
import { readFault, type Fields } from './fault-input.ts'
import { appendFault, dropFaults, findFault, refuseNewFault, refuseWithoutTls, replaceFault } from './fault-list.ts'
import { defined } from '../core/defined.ts'
import type { FaultRecord, Lifetime } from './records.ts'
import type { Registry } from './registry.ts'
import { succeed } from './succeed.ts'
import { toxicViewOf } from './toxic-view.ts'

/** @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_fault_type`, `invalid_value`, `fault_exists`. */
export function addFault(registry: Registry, proxy: string, input: Fields, by: By = {}): Promise<FaultRecord> {
  return registry.exclusive(proxy, async () => {
    registry.safety.refuseFaults()
    const record = registry.get(proxy)
    const { wanted, ...lasts } = readFault(input, '', record.protocol)
    refuseWithoutTls(record, wanted.type)
    refuseNewFault(record, wanted.name)
    const lifetime = lifetimeOf(lasts, registry.safety.policy, registry.clock)
    const revision = registry.nextRevision()
    const plan = { ...wanted, owner: 'api', revision, draw: 0 }
    const fault = await appendFault(registry, record, {
      plan,
      revision,
      created: Date.now(),
      ...defined({ lifetime, toxic: toxicViewOf(plan) }),
    })
    registry.announce(faultChange('fault-added', proxy, null, fault, by))
    return fault
  })
}

/**
 * What is given takes the place of what is there, `null` takes it away. A `ttl` that is given starts anew; otherwise the fault goes when it would
 * have gone. Live sessions draw again only if what they draw for has changed.
 *
 * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `missing_field`, `invalid_value`; nothing has changed then.
 */
export function updateFault(
  registry: Registry,
  proxy: string,
  name: string,
  patch: Fields,
  by: By = {},
): Promise<FaultRecord> {
  return registry.exclusive(proxy, async () => {
    registry.safety.refuseFaults()
    const record = registry.get(proxy)
    const before = findFault(record, name)
    refuseStale(`fault ${name}`, before.revision, by)
    for (const field of ['name', 'type'] as const) refuseOther(field, patch[field], before.plan[field])
    const fields = { ...patchedFields(before.plan, patch), name, type: before.plan.type }
    const { wanted, ...given } = readFault(fields, '', record.protocol)
    const revision = registry.nextRevision()
    const plan = succeed(before.plan, wanted, revision)
    const lifetime = patchedLifetime(before.lifetime, patch, given, registry)
    const { created } = before
    const after = await replaceFault(registry, record, before, {
      plan,
      revision,
      created,
      ...defined({ lifetime, toxic: toxicViewOf(plan, before) }),
    })
    registry.announce(faultChange('fault-updated', proxy, before, after, by))
    return after
  })
}

/** @throws FoulweatherError `invalid_value`: what a fault is, and what it is called, it stays. */
function refuseOther(field: string, value: unknown, current: string): void {
  if (value === undefined || value === current) return
  const text = `${field}: it cannot be changed; remove the fault and add another one`
  throw new FoulweatherError('invalid_value', text, { field, value, expected: JSON.stringify(current) })
}

/** What is not given stays as it is; what is given begins anew. */
function patchedLifetime(
  before: Lifetime | undefined,
  patch: Fields,
  { ttl, lease }: Wanted,
  { safety, clock }: Registry,
): Lifetime | undefined {
  if (patch['ttl'] === undefined && patch['lease'] === undefined) return before
  const left =
    before?.ttlUntil === undefined ? undefined : { ...defined({ ttl: before.ttl }), ttlUntil: before.ttlUntil }
  const fresh = lifetimeOf(
    {
      ttl: patch['ttl'] === undefined ? before?.ttl : ttl,
      lease: patch['lease'] === undefined ? before?.lease : lease,
    },
    safety.policy,
    clock,
  )
  // A lease that is given does not make a ttl longer.
  if (fresh === undefined || patch['ttl'] !== undefined || left === undefined) return fresh
  const until = Math.min(left.ttlUntil, fresh.until)
  return { ...fresh, ...left, until, expires: fresh.expires - (fresh.until - until) }
}

/** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
export function removeFault(registry: Registry, proxy: string, name: string, by: By = {}): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const fault = findFault(record, name)
    refuseStale(`fault ${name}`, fault.revision, by)
    await dropFaults(registry, record, [fault])
    registry.announce(faultChange('fault-removed', proxy, fault, null, by))
  })
}

/** Removes the faults whose time is over by now. Nothing may be left to do: the proxy has gone meanwhile, or the fault got another `ttl`. */
export function removeExpired(registry: Registry, proxy: string): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.find(proxy)
    if (record === undefined) return
    const over = expired(record.faults, registry.clock.now())
    if (over.length === 0) return
    await dropFaults(registry, record, over)
    for (const fault of over) {
      const reason = fault.lifetime && endedBy(fault.lifetime, registry.clock)
      registry.announce(faultChange('fault-expired', proxy, fault, null, defined({ reason })))
    }
  })
}

/**
 * Its lease begins anew.
 *
 * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `no_lease`.
 */
export function renewFault(registry: Registry, proxy: string, name: string, by: By = {}): Promise<FaultRecord> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const before = findFault(record, name)
    const lifetime = renewed(before.lifetime, registry.clock)
    if (lifetime === undefined) {
      throw new FoulweatherError('no_lease', `fault ${JSON.stringify(name)} has no lease`, {
        field: 'fault',
        value: name,
      })
    }
    const after = { ...before, lifetime }
    registry.renew(record, before, after)
    registry.announce(faultChange('fault-renewed', proxy, before, after, by))
    return after
  })
}
