import type { EventEmitter } from 'node:events'
import type { Clock } from '../core/clock.ts'
import type { DataPlane } from '../engine/data-plane.ts'
import { AllowedFiles, namesFaultFile, withFaultFiles, withProxyFiles } from './allowed-files.ts'
import type { ControlEvents } from './changes.ts'
import { controlClock } from './control-clock.ts'
import { Expiry } from './expiry.ts'
import type { Fields } from './fault-input.ts'
import { findFault } from './fault-list.ts'
import { addFault, removeExpired, removeFault, updateFault } from './faults.ts'
import { populate, type PopulateResult } from './populate.ts'
import { createProxy, deleteProxy, updated, updateProxy } from './proxies.ts'
import { patchProxy, readProxy } from './proxy-document.ts'
import { checkProxyInput, type ProxyInput, type ProxyUpdate } from './proxy-input.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'
import { Registry } from './registry.ts'
import { resetAll } from './reset.ts'
import type { Authority } from './tls-input.ts'
import type { ToxicInput, ToxicUpdate } from './toxic-input.ts'
import { addToxic, removeToxic, updateToxic, type ToxicRecord } from './toxics.ts'

export interface ControlPlaneOptions {
  readonly dataPlane: DataPlane
  /** What decides every draw; shown, so that a run can be repeated. */
  readonly seed: number
  /** Ends the faults that have a `ttl`. Default: the real time. */
  readonly clock?: Clock
  /** The directory below which requests may name files. Default: they may name none. */
  readonly filesDir?: string
  /** The local authority, asked when a proxy wants certificates that are made on the fly; `undefined` = there is none. */
  readonly authority?: () => Authority | undefined
}

/**
 * The application: what is wanted of every proxy, and the one way to change it, for the API, the CLI, watchers and tests.
 *
 * Reads answer from memory. Changes to one proxy are queued behind each other; changes to different proxies run side by side.
 * No change waits for a session, a dial or a peer. `actor` says who asks (`ip:port` of an API client) and goes into the event.
 */
export class ControlPlane {
  readonly dataPlane: DataPlane
  readonly seed: number
  readonly clock: Clock
  readonly #expiry: Expiry
  readonly #registry: Registry
  readonly #files: AllowedFiles
  readonly #authority: () => Authority | undefined

  constructor({ dataPlane, seed, clock = controlClock, filesDir, authority }: ControlPlaneOptions) {
    this.dataPlane = dataPlane
    this.seed = seed
    this.clock = clock
    this.#files = new AllowedFiles(filesDir)
    this.#authority = authority ?? (() => undefined)
    this.#expiry = new Expiry(clock, (proxy) => void removeExpired(this.#registry, clock, proxy))
    this.#registry = new Registry(dataPlane, this.#expiry)
  }

  get events(): EventEmitter<ControlEvents> {
    return this.#registry.events
  }

  /** In the byte order of their names. */
  proxies(): readonly ProxyRecord[] {
    return this.#registry.list()
  }

  /** @throws FoulweatherError `proxy_not_found`. */
  proxy(name: string): ProxyRecord {
    return this.#registry.get(name)
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
  fault(proxy: string, name: string): FaultRecord {
    return findFault(this.proxy(proxy), name)
  }

  /** @throws FoulweatherError `missing_field`, `invalid_value`, `proxy_exists`, `listen_failed`; nothing is stored then. */
  async createProxy(input: ProxyInput, actor?: string): Promise<ProxyRecord> {
    return createProxy(this.#registry, checkProxyInput(input), actor)
  }

  /**
   * Makes each entry exist, in order; proxies that are not named stay. All entries are checked before anything is touched.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`.
   */
  async populate(entries: readonly ProxyInput[], actor?: string): Promise<PopulateResult> {
    const checked = entries.map((entry, index) => checkProxyInput(entry, ` at proxy ${index + 1}`))
    return populate(this.#registry, checked, actor)
  }

  /** @throws FoulweatherError `proxy_not_found`, `invalid_value`, `listen_failed` (left stopped if it had to restart). */
  updateProxy(name: string, update: ProxyUpdate, actor?: string): Promise<ProxyRecord> {
    return updateProxy(this.#registry, name, (before) => updated(before, update), actor)
  }

  /**
   * Creates a proxy as users write it: its upstream may be a URL, and it may have a protocol, options of HTTP, and TLS. Nothing of it has to have
   * been checked.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`, `proxy_exists`, `listen_failed`; nothing is stored then.
   */
  async addProxy(input: Fields, actor?: string): Promise<ProxyRecord> {
    const fields = await withProxyFiles(input, this.#files)
    return createProxy(this.#registry, readProxy(fields, this.#authority), actor)
  }

  /**
   * What is given takes the place of what is there, also inside of objects; `null` takes it away. Where addresses or settings change, sessions
   * are dropped.
   *
   * @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_value`, `listen_failed` (left stopped if it had to restart).
   */
  async patchProxy(name: string, patch: Fields, actor?: string): Promise<ProxyRecord> {
    this.proxy(name)
    const fields = await withProxyFiles(patch, this.#files)
    return updateProxy(this.#registry, name, (before) => patchProxy(before, fields, this.#authority), actor)
  }

  /** @throws FoulweatherError `proxy_not_found`. */
  deleteProxy(name: string, actor?: string): Promise<void> {
    return deleteProxy(this.#registry, name, actor)
  }

  /**
   * Adds a fault as users write it: common fields and parameters side by side. Nothing of it has to have been checked.
   *
   * @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_fault_type`, `invalid_value`, `fault_exists`.
   */
  addFault(proxy: string, input: Fields, actor?: string): Promise<FaultRecord> {
    const add = (fields: Fields): Promise<FaultRecord> => addFault(this.#registry, this.clock, proxy, fields, actor)
    if (!namesFaultFile(input)) return add(input)
    return withFaultFiles(input, input['type'], this.#files).then(add)
  }

  /**
   * What is given takes the place of what is there, `null` takes it away.
   *
   * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `missing_field`, `invalid_value`; nothing has changed then.
   */
  async updateFault(proxy: string, fault: string, patch: Fields, actor?: string): Promise<FaultRecord> {
    const update = (fields: Fields): Promise<FaultRecord> =>
      updateFault(this.#registry, this.clock, proxy, fault, fields, actor)
    if (!namesFaultFile(patch)) return update(patch)
    return update(await withFaultFiles(patch, this.fault(proxy, fault).plan.type, this.#files))
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
  removeFault(proxy: string, fault: string, actor?: string): Promise<void> {
    return removeFault(this.#registry, proxy, fault, actor)
  }

  /** @throws FoulweatherError `proxy_not_found`, `invalid_direction`, `invalid_fault_type`, `fault_exists`, `bad_request_body`. */
  addToxic(proxy: string, input: ToxicInput, actor?: string): Promise<ToxicRecord> {
    return addToxic(this.#registry, proxy, input, actor)
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `bad_request_body`; nothing has changed then. */
  updateToxic(proxy: string, toxic: string, update: ToxicUpdate, actor?: string): Promise<ToxicRecord> {
    return updateToxic(this.#registry, proxy, toxic, update, actor)
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
  removeToxic(proxy: string, toxic: string, actor?: string): Promise<void> {
    return removeToxic(this.#registry, proxy, toxic, actor)
  }

  /** Starts every proxy and removes all faults. @throws FoulweatherError `listen_failed`; the proxies that can be are reset. */
  reset(actor?: string): Promise<void> {
    return resetAll(this.#registry, actor)
  }

  /** Nothing happens by itself any more. To be called before the data plane is closed, which a fault that ends would wake up again. */
  close(): void {
    this.#expiry.close()
  }
}
