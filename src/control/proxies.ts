import { FoulweatherError } from '../core/errors.ts'
import { resolveListen, sameListen } from '../engine/listen-address.ts'
import { proxyChange } from './changes.ts'
import type { NewProxy, ProxyUpdate } from './proxy-input.ts'
import { refuseUnusableAddresses } from './proxy-input.ts'
import type { ProxyRecord } from './records.ts'
import type { Registry } from './registry.ts'

/** @throws FoulweatherError `proxy_exists`, `listen_failed`; nothing is stored then. */
export function createProxy(registry: Registry, input: NewProxy, actor?: string): Promise<ProxyRecord> {
  return registry.exclusive(input.name, async () => {
    if (registry.find(input.name) !== undefined) {
      throw new FoulweatherError('proxy_exists', `there is a proxy called ${JSON.stringify(input.name)} already`, {
        field: 'name',
        value: input.name,
      })
    }
    return addProxy(registry, input, actor)
  })
}

/** Creates a proxy of a free name. To be called inside `exclusive`. */
export async function addProxy(registry: Registry, input: NewProxy, actor?: string): Promise<ProxyRecord> {
  const record = freshRecord(input)
  const created = await (input.enabled ? registry.start(record) : registry.stop(record)).catch(
    async (error: unknown) => {
      // The data plane keeps a proxy that failed to start, so that it can be tried again; this one was never wanted stopped.
      await registry.remove(input.name)
      throw error
    },
  )
  registry.announce(proxyChange('proxy-created', null, created, actor))
  return created
}

export function freshRecord({ name, listen, upstream }: NewProxy): ProxyRecord {
  return { name, listen, upstream, enabled: false, protocol: 'tcp', faults: [] }
}

/**
 * Faults survive. A changed address drops every session; no change at all touches nothing. When the restart fails the proxy is
 * left stopped, with its new addresses.
 *
 * @throws FoulweatherError `proxy_not_found`, `invalid_value`, `listen_failed`.
 */
export function updateProxy(
  registry: Registry,
  name: string,
  update: ProxyUpdate,
  actor?: string,
): Promise<ProxyRecord> {
  return registry.exclusive(name, async () => {
    const before = registry.get(name)
    const upstream = update.upstream ?? before.upstream
    const listen = update.listen ?? before.listen
    refuseUnusableAddresses({ listen, upstream })
    // On every update, even an empty one: a stored listen address that cannot be resolved is reported as soon as it is touched.
    const listensThere = sameListen(before.listen, await resolveListen(listen))
    try {
      let record = before
      if (!listensThere || upstream !== before.upstream) {
        record = await registry.stop({ ...before, listen: listensThere ? before.listen : listen, upstream })
      }
      const enabled = update.enabled ?? before.enabled
      if (enabled === record.enabled) return record
      return await (enabled ? registry.start(record) : registry.stop(record))
    } finally {
      const after = registry.get(name)
      if (after !== before) registry.announce(proxyChange('proxy-updated', before, after, actor))
    }
  })
}

/** @throws FoulweatherError `proxy_not_found`. */
export function deleteProxy(registry: Registry, name: string, actor?: string): Promise<void> {
  return registry.exclusive(name, async () => {
    const before = registry.get(name)
    await registry.remove(name)
    registry.announce(proxyChange('proxy-deleted', before, null, actor))
  })
}
