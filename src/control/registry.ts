import { EventEmitter } from 'node:events'
import type { Clock } from '../core/clock.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { ProxyPlan } from '../core/plan.ts'
import type { Awaitable, DataPlane, ProxyOutcome } from '../engine/data-plane.ts'
import type { Changed, ControlEvents } from './changes.ts'
import type { Expiry } from './expiry.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { settingsOf } from './proxy-input.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'
import type { Safety } from './safety.ts'

export interface RegistryParts {
  readonly dataPlane: DataPlane
  /** Told of every change of the faults. */
  readonly expiry: Expiry
  /** By which faults and activations end. */
  readonly clock: Clock
  readonly safety: Safety
}

export interface Cleared {
  /** What was taken away, by proxy. */
  readonly cleared: ReadonlyMap<string, readonly FaultRecord[]>
  /** Other threads may take a moment. */
  readonly gone: Awaitable<void>
}

/**
 * The records of all proxies, and the only way to put a change of them in force.
 *
 * Reads answer from memory at any time. Changes run inside `exclusive`, so that at most one is under way for each proxy name.
 */
export class Registry {
  readonly events = new EventEmitter<ControlEvents>()
  readonly clock: Clock
  readonly safety: Safety
  readonly #dataPlane: DataPlane
  readonly #expiry: Expiry
  readonly #queue = new KeyedQueue()
  readonly #records = new Map<string, ProxyRecord>()
  #revisions = 0
  #changes = 0
  #clearings = 0

  constructor({ dataPlane, expiry, clock, safety }: RegistryParts) {
    this.#dataPlane = dataPlane
    this.clock = clock
    this.safety = safety
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

  /** How many changes there have been. */
  get revision(): number {
    return this.#changes
  }

  announce(change: Changed): void {
    this.events.emit('changed', { revision: ++this.#changes, time: new Date().toISOString(), ...change })
  }

  /** How often the faults of all proxies have been taken away: what was there before one of these must not come back. */
  get clearings(): number {
    return this.#clearings
  }

  /** A number that no fault and no proxy has had yet. */
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

  /**
   * Takes the faults of all proxies away, at once and without what they would have done when they go: it waits for no change that is under way,
   * and until faults are taken again none of these brings any back.
   *
   * The records are without them when it returns, and nothing of a session has them any more when `gone` is there.
   */
  clearFaults(): Cleared {
    this.#clearings++
    const gone = this.#dataPlane.clearFaults()
    const cleared = new Map<string, readonly FaultRecord[]>()
    for (const record of this.#records.values()) {
      if (record.faults.length === 0) continue
      cleared.set(record.name, record.faults)
      this.#keep({ ...record, faults: [] })
    }
    return { cleared, gone }
  }

  /** A fault that is the same but for its lifetime: nothing has to be put in force, and no revision changes. */
  renew(record: ProxyRecord, before: FaultRecord, after: FaultRecord): void {
    const faults = record.faults.map((fault) => (fault === before ? after : fault))
    const renewed = { ...record, faults }
    this.#records.set(record.name, renewed)
    this.#expiry.watch(renewed)
  }

  /** Stops and forgets. */
  async remove(name: string): Promise<void> {
    await this.#dataPlane.apply({ remove: [name] })
    this.#records.delete(name)
    this.#expiry.forget(name)
  }

  #keep(kept: ProxyRecord): ProxyRecord {
    const record = { ...this.#allowed(kept), revision: this.nextRevision() }
    this.#records.set(record.name, record)
    this.#expiry.watch(record)
    return record
  }

  /** A change that was under way when everything was halted still knows of faults. */
  #allowed(record: ProxyRecord): ProxyRecord {
    return this.safety.halt === undefined || record.faults.length === 0 ? record : { ...record, faults: [] }
  }

  async #apply(record: ProxyRecord): Promise<ProxyOutcome> {
    const outcomes = await this.#dataPlane.apply({ put: [planOf(this.#allowed(record))] })
    const outcome = outcomes.find(({ name }) => name === record.name)
    if (outcome === undefined) throw new Error(`the data plane did not say what became of ${record.name}`)
    return outcome
  }
}

/** What the engine has to know: who has put it there, and what it was asked to be, it need not. */
function planOf(record: ProxyRecord): ProxyPlan {
  const { name, listen, upstream, enabled, faults } = record
  return { name, listen, upstream, enabled, ...settingsOf(record), faults: faults.map(({ plan }) => plan) }
}
