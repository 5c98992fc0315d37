import { defined } from '../core/defined.ts'
import { type By, refuseStale } from './by.ts'
import { faultChange } from './changes.ts'
import { appendFault, dropFaults, faultNotFound, refuseNewFault, replaceFault } from './fault-list.ts'
import { shortestFloat32 } from './float32.ts'
import type { FaultRecord, ProxyRecord, ToxicView } from './records.ts'
import { lifetimeOf } from './lifetime.ts'
import type { Registry } from './registry.ts'
import {
  completeAttributes,
  directionOf,
  paramsOf,
  toxicDefinition,
  type ToxicInput,
  type ToxicUpdate,
} from './toxic-input.ts'

/** A fault that Toxiproxy's clients see. */
export type ToxicRecord = FaultRecord & { readonly toxic: ToxicView }

/** In the order in which Toxiproxy lists them: the upstream chain, then the downstream chain, each in order of creation. */
export function listToxics(proxy: ProxyRecord): readonly ToxicRecord[] {
  const toxics = proxy.faults.filter(isVisible)
  return [
    ...toxics.filter(({ plan }) => plan.direction === 'upstream'),
    ...toxics.filter(({ plan }) => plan.direction !== 'upstream'),
  ]
}

/** @throws FoulweatherError `fault_not_found`, also for a fault that Toxiproxy's API cannot express. */
export function findToxic(proxy: ProxyRecord, name: string): ToxicRecord {
  const fault = proxy.faults.find(({ plan }) => plan.name === name)
  if (fault !== undefined && isVisible(fault)) return fault
  throw faultNotFound(proxy, name)
}

function isVisible(fault: FaultRecord): fault is ToxicRecord {
  return fault.toxic !== undefined
}

/**
 * Adds a fault at the end of its chain. Checks come in the order in which Toxiproxy makes them.
 *
 * @throws FoulweatherError `proxy_not_found`, `invalid_direction`, `invalid_fault_type`, `fault_exists`, `bad_request_body`.
 */
export function addToxic(registry: Registry, proxy: string, input: ToxicInput, by: By = {}): Promise<ToxicRecord> {
  return registry.exclusive(proxy, async () => {
    registry.safety.refuseFaults()
    const record = registry.get(proxy)
    const stream = input.stream ?? 'downstream'
    const direction = directionOf(stream)
    const type = input.type ?? ''
    const definition = toxicDefinition(type)
    const name = input.name === undefined || input.name === '' ? `${type}_${stream}` : input.name
    refuseNewFault(record, name)
    const attributes = completeAttributes(definition, input.attributes(definition))
    const toxic = { stream, toxicity: input.toxicity ?? 1, attributes }
    const effect = { probability: probabilityOf(toxic.toxicity), params: paramsOf(definition, attributes) }
    const revision = registry.nextRevision()
    const plan = { name, type, direction, ...effect, owner: 'api', revision, draw: 0 }
    const lifetime = lifetimeOf({}, registry.safety.policy, registry.clock)
    const fault = await appendFault(registry, record, {
      plan,
      toxic,
      revision,
      created: Date.now(),
      ...defined({ lifetime }),
    })
    registry.announce(faultChange('fault-added', proxy, null, fault, by))
    return fault
  })
}

/** A 32-bit float that may be anything → the share that it means. */
function probabilityOf(toxicity: number): number {
  return Math.min(1, Math.max(0, shortestFloat32(toxicity)))
}

/**
 * Changes what is given, and has every live session draw again, even if nothing is given: Toxiproxy's clients expect it.
 *
 * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `bad_request_body`; nothing has changed then.
 */
export function updateToxic(
  registry: Registry,
  proxy: string,
  name: string,
  update: ToxicUpdate,
  by: By = {},
): Promise<ToxicRecord> {
  return registry.exclusive(proxy, async () => {
    registry.safety.refuseFaults()
    const record = registry.get(proxy)
    const before = findToxic(record, name)
    refuseStale(`fault ${name}`, before.revision, by)
    const definition = toxicDefinition(before.plan.type)
    const { stream, toxicity, attributes: current } = before.toxic
    const attributes = completeAttributes(definition, update.attributes(definition), current)
    const revision = registry.nextRevision()
    const plan = {
      ...before.plan,
      // Without a new toxicity the share stays what it is: its 32 bits may be less than what a fault was given.
      probability: update.toxicity === undefined ? before.plan.probability : probabilityOf(update.toxicity),
      params: paramsOf(definition, attributes),
      revision,
      draw: before.plan.draw + 1,
    }
    const toxic = { stream, toxicity: update.toxicity ?? toxicity, attributes }
    const after = await replaceFault(registry, record, before, { ...before, plan, toxic, revision })
    registry.announce(faultChange('fault-updated', proxy, before, after, by))
    return after
  })
}

/** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
export function removeToxic(registry: Registry, proxy: string, name: string, by: By = {}): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const fault = findToxic(record, name)
    refuseStale(`fault ${name}`, fault.revision, by)
    await dropFaults(registry, record, [fault])
    registry.announce(faultChange('fault-removed', proxy, fault, null, by))
  })
}
