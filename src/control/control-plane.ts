import type { EventEmitter } from 'node:events'
import type { DataPlane } from '../engine/data-plane.ts'
import type { ControlEvents } from './changes.ts'
import { populate, type PopulateResult } from './populate.ts'
import { createProxy, deleteProxy, updateProxy } from './proxies.ts'
import { checkProxyInput, type ProxyInput, type ProxyUpdate } from './proxy-input.ts'
import type { ProxyRecord } from './records.ts'
import { Registry } from './registry.ts'
import { resetAll } from './reset.ts'
import type { ToxicInput, ToxicUpdate } from './toxic-input.ts'
import { addToxic, removeToxic, updateToxic, type ToxicRecord } from './toxics.ts'

export interface ControlPlaneOptions {
  readonly dataPlane: DataPlane
  /** What decides every draw; shown, so that a run can be repeated. */
  readonly seed: number
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
  readonly #registry: Registry

  constructor({ dataPlane, seed }: ControlPlaneOptions) {
    this.dataPlane = dataPlane
    this.seed = seed
    this.#registry = new Registry(dataPlane)
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
    return updateProxy(this.#registry, name, update, actor)
  }

  /** @throws FoulweatherError `proxy_not_found`. */
  deleteProxy(name: string, actor?: string): Promise<void> {
    return deleteProxy(this.#registry, name, actor)
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
}
