import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../core/clock.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultPlan } from '../core/plan.ts'
import { faultDefinition } from '../faults/index.ts'
import { faultChange } from './changes.ts'
import { expired } from './expiry.ts'
import { patchedFields } from './fault-fields.ts'
import { readFault, type Fields } from './fault-input.ts'
import { appendFault, dropFaults, findFault, refuseNewFault, replaceFault } from './fault-list.ts'
import { defined } from '../core/defined.ts'
import type { FaultRecord, Lifetime, ProxyRecord } from './records.ts'
import type { Registry } from './registry.ts'
import { toxicViewOf } from './toxic-view.ts'

/** @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_fault_type`, `invalid_value`, `fault_exists`. */
export function addFault(
  registry: Registry,
  clock: Clock,
  proxy: string,
  input: Fields,
  actor?: string,
): Promise<FaultRecord> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const { wanted, ttl } = readFault(input, '', record.protocol)
    refuseWithoutTls(record, wanted.type)
    refuseNewFault(record, wanted.name)
    const plan = { ...wanted, owner: 'api', revision: registry.nextRevision(), draw: 0 }
    const lifetime = lifetimeOf(ttl, clock)
    const fault = await appendFault(registry, record, {
      plan,
      created: Date.now(),
      ...defined({ lifetime, toxic: toxicViewOf(plan) }),
    })
    registry.announce(faultChange('fault-added', proxy, null, fault, actor))
    return fault
  })
}

/** @throws FoulweatherError `invalid_value`: it would do nothing. */
function refuseWithoutTls({ tls }: ProxyRecord, type: string): void {
  if (tls?.listen !== undefined || faultDefinition(type)?.endsTls !== true) return
  const text = `type: ${type} changes what a handshake is answered with: the proxy has to speak TLS to its clients (tls.listen), and does not`
  throw new FoulweatherError('invalid_value', text, {
    field: 'type',
    value: type,
    expected: 'a proxy with tls.listen',
  })
}

function lifetimeOf(ttl: number | undefined, clock: Clock): Lifetime | undefined {
  return ttl === undefined ? undefined : { ttl, until: clock.now() + ttl, expires: Date.now() + ttl }
}

/**
 * What is given takes the place of what is there, `null` takes it away. A `ttl` that is given starts anew; otherwise the fault goes when it would
 * have gone. Live sessions draw again only if what they draw for has changed.
 *
 * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `missing_field`, `invalid_value`; nothing has changed then.
 */
export function updateFault(
  registry: Registry,
  clock: Clock,
  proxy: string,
  name: string,
  patch: Fields,
  actor?: string,
): Promise<FaultRecord> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const before = findFault(record, name)
    for (const field of ['name', 'type'] as const) refuseOther(field, patch[field], before.plan[field])
    const fields = { ...patchedFields(before.plan, patch), name, type: before.plan.type }
    const { wanted, ttl } = readFault(fields, '', record.protocol)
    const plan = succeed(before.plan, {
      ...wanted,
      owner: before.plan.owner,
      revision: registry.nextRevision(),
      draw: 0,
    })
    const lifetime = patch['ttl'] === undefined ? before.lifetime : lifetimeOf(ttl, clock)
    const { created } = before
    const after = await replaceFault(registry, record, before, {
      plan,
      created,
      ...defined({ lifetime, toxic: toxicViewOf(plan, before) }),
    })
    registry.announce(faultChange('fault-updated', proxy, before, after, actor))
    return after
  })
}

/** @throws FoulweatherError `invalid_value`: what a fault is, and what it is called, it stays. */
function refuseOther(field: string, value: unknown, current: string): void {
  if (value === undefined || value === current) return
  const text = `${field}: it cannot be changed; remove the fault and add another one`
  throw new FoulweatherError('invalid_value', text, { field, value, expected: JSON.stringify(current) })
}

/** What decides whether a session or an exchange is selected. */
const DRAWN_BY = ['probability', 'per', 'part', 'match', 'exclude', 'count', 'stickyBy'] as const

/** Tells the engine what has to be decided anew: whether sessions are selected (`draw`), and since when the fault is there (`epoch`). */
function succeed(before: FaultPlan, after: FaultPlan): FaultPlan {
  const changed = (...fields: readonly (keyof FaultPlan)[]) =>
    fields.some((field) => !isDeepStrictEqual(before[field], after[field]))
  const draw = before.draw + (changed(...DRAWN_BY) ? 1 : 0)
  const epoch = changed('schedule', 'ramp', 'limits') ? (before.epoch ?? 0) + 1 : before.epoch
  return { ...after, draw, ...defined({ epoch }) }
}

/** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
export function removeFault(registry: Registry, proxy: string, name: string, actor?: string): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const fault = findFault(record, name)
    await dropFaults(registry, record, [fault])
    registry.announce(faultChange('fault-removed', proxy, fault, null, actor))
  })
}

/** Removes the faults whose time is over by now. Nothing may be left to do: the proxy has gone meanwhile, or the fault got another `ttl`. */
export function removeExpired(registry: Registry, clock: Clock, proxy: string): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.find(proxy)
    if (record === undefined) return
    const over = expired(record.faults, clock.now())
    if (over.length === 0) return
    await dropFaults(registry, record, over)
    for (const fault of over) registry.announce(faultChange('fault-expired', proxy, fault, null, undefined))
  })
}
