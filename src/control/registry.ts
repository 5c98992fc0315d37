import { EventEmitter } from 'node:events'
import { FoulweatherError } from '../core/errors.ts'
import type { ProxyPlan } from '../core/plan.ts'
import type { DataPlane, ProxyOutcome } from '../engine/data-plane.ts'
import type { ControlChange, ControlEvents } from './changes.ts'
import type { Expiry } from './expiry.ts'
import { KeyedQueue } from './keyed-queue.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'

/**
 * The records of all proxies, and the only way to put a change of them in force.
 *
 * Reads answer from memory at any time. Changes run inside `exclusive`, so that at most one is under way for each proxy name.
 */
export class Registry {
  readonly events = new EventEmitter<ControlEvents>()
  readonly #dataPlane: DataPlane
  readonly #expiry: Expiry
  readonly #queue = new KeyedQueue()
  readonly #records = new Map<string, ProxyRecord>()
  #revisions = 0

  /** @param expiry is told of every change of the faults. */
  constructor(dataPlane: DataPlane, expiry: Expiry) {
    this.#dataPlane = dataPlane
    this.#expiry = expiry
  }

  find(name: string): ProxyRecord | undefined {
    return this.#records.get(name)
  }

  /** @throws FoulweatherError `proxy_not_found`. */
  get(name: string): ProxyRecord {
    const record = this.#records.get(name)
    if (record === undefined)
      throw new FoulweatherError('proxy_not_found', `no proxy is called ${JSON.stringify(name)}`, {
        field: 'proxy',
        value: name,
      })
    return record
  }

  /** In the byte order of the names. */
  list(): readonly ProxyRecord[] {
    return [...this.#records.values()]
      .map((record) => ({ record, key: Buffer.from(record.name) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ record }) => record)
  }

  exclusive<T>(name: string, change: () => Promise<T>): Promise<T> {
    return this.#queue.run(name, change)
  }

  announce(change: ControlChange): void {
    this.events.emit('changed', change)
  }

  /** A number that no fault has had yet. */
  nextRevision(): number {
    return ++this.#revisions
  }

  /**
   * Starts listening, and records it with the address that it is bound to.
   *
   * @throws FoulweatherError `listen_failed`; the records are as before.
   */
  async start(record: ProxyRecord): Promise<ProxyRecord> {
    const { listen, error } = await this.#apply({ ...record, enabled: true })
    if (error !== undefined) throw error
    return this.#keep({ ...record, listen, enabled: true })
  }

  /** Stops listening (if it does) and closes every session; the other fields are put in force too. */
  async stop(record: ProxyRecord): Promise<ProxyRecord> {
    const stopped = { ...record, enabled: false }
    await this.#apply(stopped)
    return this.#keep(stopped)
  }

  /** Puts another list of faults in force; sessions live on. */
  async setFaults(record: ProxyRecord, faults: readonly FaultRecord[]): Promise<ProxyRecord> {
    const changed = { ...record, faults }
    await this.#apply(changed)
    return this.#keep(changed)
  }

  /** Stops and forgets. */
  async remove(name: string): Promise<void> {
    await this.#dataPlane.apply({ remove: [name] })
    this.#records.delete(name)
    this.#expiry.forget(name)
  }

  #keep(record: ProxyRecord): ProxyRecord {
    this.#records.set(record.name, record)
    this.#expiry.watch(record)
    return record
  }

  async #apply(record: ProxyRecord): Promise<ProxyOutcome> {
    const outcomes = await this.#dataPlane.apply({ put: [planOf(record)] })
    const outcome = outcomes.find(({ name }) => name === record.name)
    if (outcome === undefined) throw new Error(`the data plane did not say what became of ${record.name}`)
    return outcome
  }
}

function planOf(record: ProxyRecord): ProxyPlan {
  return { ...record, faults: record.faults.map(({ plan }) => plan) }
}
