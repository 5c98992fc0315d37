import { FoulweatherError } from '../core/errors.ts'
import { faultChange } from './changes.ts'
import { refuseUnusableName } from './proxy-input.ts'
import type { FaultRecord, ProxyRecord, ToxicView } from './records.ts'
import type { Registry } from './registry.ts'
import {
  completeAttributes,
  directionOf,
  planFields,
  toxicDefinition,
  type ToxicInput,
  type ToxicUpdate,
} from './toxic-input.ts'

/** A fault that Toxiproxy's clients see. */
export type ToxicRecord = FaultRecord & { readonly toxic: ToxicView }

/** In the order in which Toxiproxy lists them: the upstream chain, then the downstream chain, each in order of creation. */
export function listToxics(proxy: ProxyRecord): readonly ToxicRecord[] {
  const toxics = proxy.faults.filter(isToxic)
  return [
    ...toxics.filter(({ plan }) => plan.direction === 'upstream'),
    ...toxics.filter(({ plan }) => plan.direction !== 'upstream'),
  ]
}

/** @throws FoulweatherError `fault_not_found`, also for a fault that Toxiproxy's API cannot express. */
export function findToxic(proxy: ProxyRecord, name: string): ToxicRecord {
  const fault = proxy.faults.find(({ plan }) => plan.name === name)
  if (fault !== undefined && isToxic(fault)) return fault
  throw new FoulweatherError(
    'fault_not_found',
    `no fault of proxy ${JSON.stringify(proxy.name)} is called ${JSON.stringify(name)}`,
  )
}

function isToxic(fault: FaultRecord): fault is ToxicRecord {
  return fault.toxic !== undefined
}

/**
 * Adds a fault at the end of its chain. Checks come in the order in which Toxiproxy makes them.
 *
 * @throws FoulweatherError `proxy_not_found`, `invalid_direction`, `invalid_fault_type`, `fault_exists`, `bad_request_body`.
 */
export function addToxic(registry: Registry, proxy: string, input: ToxicInput, actor?: string): Promise<ToxicRecord> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const stream = input.stream ?? 'downstream'
    const direction = directionOf(stream)
    const type = input.type ?? ''
    const definition = toxicDefinition(type)
    const name = input.name === undefined || input.name === '' ? `${type}_${stream}` : input.name
    refuseUnusableName(name)
    refuseTakenName(record, name)
    refuseOneTooMany(record)
    const attributes = completeAttributes(definition, input.attributes(definition))
    const toxic = { stream, toxicity: input.toxicity ?? 1, attributes }
    const plan = { name, type, direction, owner: 'api', revision: registry.nextRevision(), draw: 0 }
    const fault = { plan: { ...plan, ...planFields(definition, toxic) }, toxic }
    await registry.setFaults(record, [...record.faults, fault])
    registry.announce(faultChange('fault-added', proxy, null, fault, actor))
    return fault
  })
}

/** A byte passes one stage after the other in one go: some thousand of them would overflow the stack. */
const MOST_FAULTS = 256

function refuseOneTooMany(proxy: ProxyRecord): void {
  if (proxy.faults.length < MOST_FAULTS) return
  const text = `proxy ${JSON.stringify(proxy.name)} has ${MOST_FAULTS} faults; more do not fit`
  throw new FoulweatherError('invalid_value', text, { expected: `at most ${MOST_FAULTS} faults on a proxy` })
}

function refuseTakenName(proxy: ProxyRecord, name: string): void {
  if (proxy.faults.every(({ plan }) => plan.name !== name)) return
  throw new FoulweatherError(
    'fault_exists',
    `a fault of proxy ${JSON.stringify(proxy.name)} is called ${JSON.stringify(name)} already`,
    { field: 'name', value: name },
  )
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
  actor?: string,
): Promise<ToxicRecord> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const before = findToxic(record, name)
    const definition = toxicDefinition(before.plan.type)
    const toxic = {
      stream: before.toxic.stream,
      toxicity: update.toxicity ?? before.toxic.toxicity,
      attributes: completeAttributes(definition, update.attributes(definition), before.toxic.attributes),
    }
    const drawn = { ...before.plan, revision: registry.nextRevision(), draw: before.plan.draw + 1 }
    const after = { plan: { ...drawn, ...planFields(definition, toxic) }, toxic }
    await registry.setFaults(
      record,
      record.faults.map((fault) => (fault === before ? after : fault)),
    )
    registry.announce(faultChange('fault-updated', proxy, before, after, actor))
    return after
  })
}

/** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
export function removeToxic(registry: Registry, proxy: string, name: string, actor?: string): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const record = registry.get(proxy)
    const fault = findToxic(record, name)
    await registry.setFaults(
      record,
      record.faults.filter((other) => other !== fault),
    )
    registry.announce(faultChange('fault-removed', proxy, fault, null, actor))
  })
}
