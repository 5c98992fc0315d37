import type { By } from './by.ts'
import { faultChange, proxyChange } from './changes.ts'
import type { Registry } from './registry.ts'

/**
 * Every proxy: started if it is not running, then rid of its faults. Proxies are reset side by side, so that one that is slow to
 * start (its host name has to be looked up) holds up no other; the first failure in name order is reported once all are done.
 *
 * @throws FoulweatherError `listen_failed`; that proxy keeps its faults.
 */
export async function resetAll(registry: Registry, by: By = {}): Promise<void> {
  const runs = await Promise.allSettled(registry.list().map(({ name }) => resetProxy(registry, name, by)))
  for (const run of runs) if (run.status === 'rejected') throw run.reason
}

function resetProxy(registry: Registry, name: string, by: By): Promise<void> {
  return registry.exclusive(name, async () => {
    const before = registry.find(name)
    if (before === undefined) return
    let record = before
    if (!record.enabled) {
      record = await registry.start(record)
      registry.announce(proxyChange('proxy-updated', before, record, by))
    }
    if (record.faults.length === 0) return
    await registry.setFaults(record, [])
    for (const fault of record.faults) registry.announce(faultChange('fault-removed', name, fault, null, by))
  })
}
