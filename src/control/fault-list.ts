import { FoulweatherError } from '../core/errors.ts'
import { faultDefinition } from '../faults/index.ts'
import { didYouMean } from '../faults/nearest.ts'
import { refuseUnusableName } from './proxy-input.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'
import type { Registry } from './registry.ts'

/** A byte passes one stage after the other in one go: some thousand of them would overflow the stack. */
export const MOST_FAULTS = 256

/** @throws FoulweatherError `fault_not_found`. */
export function findFault(proxy: ProxyRecord, name: string): FaultRecord {
  const fault = proxy.faults.find(({ plan }) => plan.name === name)
  if (fault !== undefined) return fault
  throw faultNotFound(proxy, name)
}

export function faultNotFound(proxy: ProxyRecord, name: string): FoulweatherError {
  const hint = didYouMean(
    name,
    proxy.faults.map(({ plan }) => plan.name),
  )
  return new FoulweatherError(
    'fault_not_found',
    `no fault of proxy ${JSON.stringify(proxy.name)} is called ${JSON.stringify(name)}${hint}`,
    { field: 'fault', value: name },
  )
}

/** @throws FoulweatherError `invalid_value` for a name that no URL could name, or one fault too many; `fault_exists`. */
export function refuseNewFault(proxy: ProxyRecord, name: string): void {
  refuseUnusableName(name)
  if (proxy.faults.some(({ plan }) => plan.name === name)) {
    const text = `a fault of proxy ${JSON.stringify(proxy.name)} is called ${JSON.stringify(name)} already`
    throw new FoulweatherError('fault_exists', text, { field: 'name', value: name })
  }
  if (proxy.faults.length < MOST_FAULTS) return
  const text = `proxy ${JSON.stringify(proxy.name)} has ${MOST_FAULTS} faults; more do not fit`
  throw new FoulweatherError('invalid_value', text, { expected: `at most ${MOST_FAULTS} faults on a proxy` })
}

/** Adds a fault at the end. To be called inside `exclusive`, as those below. */
export async function appendFault<Fault extends FaultRecord>(
  registry: Registry,
  proxy: ProxyRecord,
  fault: Fault,
): Promise<Fault> {
  await registry.setFaults(proxy, [...proxy.faults, fault])
  return fault
}

/** Puts `after` where `before` was. */
export async function replaceFault<Fault extends FaultRecord>(
  registry: Registry,
  proxy: ProxyRecord,
  before: FaultRecord,
  after: Fault,
): Promise<Fault> {
  const faults = proxy.faults.map((fault) => (fault === before ? after : fault))
  await registry.setFaults(proxy, faults)
  return after
}

export async function dropFaults(registry: Registry, proxy: ProxyRecord, gone: readonly FaultRecord[]): Promise<void> {
  const left = proxy.faults.filter((fault) => !gone.includes(fault))
  await registry.setFaults(proxy, left)
}

/** @throws FoulweatherError `invalid_value`: it would do nothing. */
export function refuseWithoutTls({ tls }: Pick<ProxyRecord, 'tls'>, type: string): void {
  if (tls?.listen !== undefined || faultDefinition(type)?.endsTls !== true) return
  const text = `type: ${type} changes what a handshake is answered with: the proxy has to speak TLS to its clients (tls.listen), and does not`
  throw new FoulweatherError('invalid_value', text, {
    field: 'type',
    value: type,
    expected: 'a proxy with tls.listen',
  })
}
