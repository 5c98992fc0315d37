import { FoulweatherError } from '../core/errors.ts'
import { resolveListen, sameListen } from '../engine/listen-address.ts'
import type { By } from './by.ts'
import { proxyChange } from './changes.ts'
import { addProxy, freshRecord } from './proxies.ts'
import type { NewProxy } from './proxy-input.ts'
import type { ProxyRecord } from './records.ts'
import type { Registry } from './registry.ts'

export interface PopulateEntry {
  readonly proxy: NewProxy
  /** Whether it says the protocol itself. One that does not leaves that of a proxy that exists as it is. */
  readonly saysProtocol: boolean
}

/** What a run has done. With an `error` it stopped there: the proxies before it stay, those behind it were not tried. */
export interface PopulateResult {
  /** One for each entry that is done, in order, unchanged ones included. */
  readonly proxies: readonly ProxyRecord[]
  readonly error?: FoulweatherError
}

/** Makes each entry exist. A proxy that exists with the same addresses, and the protocol that is asked for, is left alone, whether or not it is enabled. */
export async function populate(
  registry: Registry,
  entries: readonly PopulateEntry[],
  by: By = {},
): Promise<PopulateResult> {
  const proxies: ProxyRecord[] = []
  for (const entry of entries) {
    try {
      proxies.push(await registry.exclusive(entry.proxy.name, () => ensureProxy(registry, entry, by)))
    } catch (error) {
      if (error instanceof FoulweatherError) return { proxies, error }
      throw error
    }
  }
  return { proxies }
}

async function ensureProxy(registry: Registry, entry: PopulateEntry, by: By): Promise<ProxyRecord> {
  const { proxy, saysProtocol } = entry
  const existing = registry.find(proxy.name)
  if (existing === undefined) return addProxy(registry, proxy, by)
  const listensThere = sameListen(existing.listen, await resolveListen(proxy.listen))
  const speaksSo = !saysProtocol || proxy.protocol === existing.protocol
  if (listensThere && speaksSo && proxy.upstream === existing.upstream) return existing
  return replaceProxy(registry, existing, proxy, by)
}

/** A brand-new proxy takes the place of the old one, without its faults. If it cannot start, the old one stays, stopped. */
async function replaceProxy(registry: Registry, existing: ProxyRecord, entry: NewProxy, by: By): Promise<ProxyRecord> {
  const stopped = await registry.stop(existing)
  const fresh = freshRecord(entry)
  try {
    const after = await (entry.enabled ? registry.start(fresh) : registry.stop(fresh))
    registry.announce(proxyChange('proxy-updated', existing, after, by))
    return after
  } catch (error) {
    registry.announce(proxyChange('proxy-updated', existing, await registry.stop(stopped), by))
    throw error
  }
}
