import { isDeepStrictEqual } from 'node:util'
import { defined } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultPlan, Protocol, TlsOptions } from '../core/plan.ts'
import { resolveListen, sameListen } from '../engine/listen-address.ts'
import { worksOnExchanges } from '../faults/describe.ts'
import { faultDefinition } from '../faults/index.ts'
import { type By, refuseStale } from './by.ts'
import { proxyChange } from './changes.ts'
import type { NewProxy, ProxyUpdate } from './proxy-input.ts'
import { refuseUnusableAddresses, settingsOf } from './proxy-input.ts'
import type { ProxyRecord } from './records.ts'
import type { Registry } from './registry.ts'

/** @throws FoulweatherError `proxy_exists`, `listen_failed`; nothing is stored then. */
export function createProxy(registry: Registry, input: NewProxy, by: By = {}, owner?: string): Promise<ProxyRecord> {
  return registry.exclusive(input.name, async () => {
    if (registry.find(input.name) !== undefined) {
      throw new FoulweatherError('proxy_exists', `there is a proxy called ${JSON.stringify(input.name)} already`, {
        field: 'name',
        value: input.name,
      })
    }
    return addProxy(registry, input, by, owner)
  })
}

/** Creates a proxy of a free name. To be called inside `exclusive`. */
export async function addProxy(registry: Registry, input: NewProxy, by: By = {}, owner?: string): Promise<ProxyRecord> {
  const record = freshRecord(input, owner)
  const created = await (input.enabled ? registry.start(record) : registry.stop(record)).catch(
    async (error: unknown) => {
      // The data plane keeps a proxy that failed to start, so that it can be tried again; this one was never wanted stopped.
      await registry.remove(input.name)
      throw error
    },
  )
  registry.announce(proxyChange('proxy-created', null, created, by))
  return created
}

/** Its revision comes when it is kept. */
export function freshRecord(input: NewProxy, owner = 'api'): ProxyRecord {
  return { ...input, enabled: false, faults: [], revision: 0, owner }
}

/**
 * Faults survive. A changed address, or another setting, drops every session; no change at all touches nothing. When the restart fails the
 * proxy is left stopped, with its new addresses.
 *
 * @param wanted what the proxy is to be, from what it is.
 * @throws FoulweatherError `proxy_not_found`, `invalid_value`, `listen_failed`.
 */
export function updateProxy(
  registry: Registry,
  name: string,
  wanted: (before: ProxyRecord) => Omit<NewProxy, 'name'>,
  by: By = {},
): Promise<ProxyRecord> {
  return registry.exclusive(name, async () => {
    const before = registry.get(name)
    refuseStale(`proxy ${name}`, before.revision, by)
    const after = wanted(before)
    const { enabled, listen, upstream, protocol, tls } = after
    refuseUnusableAddresses({ listen, upstream })
    refuseFaultsWithout(protocol, before)
    refuseFaultsWithoutTls(tls, before)
    // On every update, even an empty one: a stored listen address that cannot be resolved is reported as soon as it is touched.
    const listensThere = sameListen(before.listen, await resolveListen(listen))
    const settings = { upstream, ...settingsOf(after) }
    try {
      let record = before
      if (!listensThere || !isDeepStrictEqual(settings, { upstream: before.upstream, ...settingsOf(before) })) {
        const { faults, revision, owner } = before
        record = await registry.stop({
          name,
          enabled,
          faults,
          revision,
          owner,
          listen: listensThere ? before.listen : listen,
          ...settings,
        })
      }
      if (enabled === record.enabled) return record
      return await (enabled ? registry.start(record) : registry.stop(record))
    } finally {
      const now = registry.get(name)
      if (now !== before) registry.announce(proxyChange('proxy-updated', before, now, by))
    }
  })
}

/** What of an update Toxiproxy's API can say; the rest stays. */
export function updated(before: ProxyRecord, { listen, upstream, enabled }: ProxyUpdate): Omit<NewProxy, 'name'> {
  return { ...before, ...defined({ listen, upstream, enabled }) }
}

/** @throws FoulweatherError `invalid_value` where faults work on exchanges, and there will be none. */
export function refuseFaultsWithout(protocol: Protocol, { faults }: Pick<ProxyRecord, 'faults'>): void {
  if (protocol === 'http') return
  const names = faults.filter(({ plan }) => needsHttp(plan)).map(({ plan }) => JSON.stringify(plan.name))
  if (names.length === 0) return
  const text = `protocol: faults of this proxy need http: ${names.slice(0, 10).join(', ')}; remove them first`
  throw new FoulweatherError('invalid_value', text, { field: 'protocol', value: protocol, expected: 'http' })
}

/** The same where TLS is not ended here any more. */
function refuseFaultsWithoutTls(tls: TlsOptions | undefined, { faults }: ProxyRecord): void {
  if (tls?.listen !== undefined) return
  const names = faults
    .filter(({ plan }) => faultDefinition(plan.type)?.endsTls === true)
    .map(({ plan }) => JSON.stringify(plan.name))
  if (names.length === 0) return
  const text = `tls.listen: faults of this proxy need it: ${names.slice(0, 10).join(', ')}; remove them first`
  throw new FoulweatherError('invalid_value', text, { field: 'tls.listen', value: null, expected: 'TLS for clients' })
}

function needsHttp({ type, part }: FaultPlan): boolean {
  const definition = faultDefinition(type)
  return definition !== undefined && worksOnExchanges(definition, part)
}

/** @throws FoulweatherError `proxy_not_found`. */
export function deleteProxy(registry: Registry, name: string, by: By = {}): Promise<void> {
  return registry.exclusive(name, async () => {
    const before = registry.get(name)
    refuseStale(`proxy ${name}`, before.revision, by)
    await registry.remove(name)
    registry.announce(proxyChange('proxy-deleted', before, null, by))
  })
}
