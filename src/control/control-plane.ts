import type { EventEmitter } from 'node:events'
import type { Clock } from '../core/clock.ts'
import type { DataPlane } from '../engine/data-plane.ts'
import type { By } from './by.ts'
import type { ProfileSource, VarValue } from '../profiles/document.ts'
import { AllowedFiles, namesFaultFile, withFaultFiles, withProxyFiles } from './allowed-files.ts'
import { type ControlEvents, faultChange, said } from './changes.ts'
import { controlClock } from './control-clock.ts'
import { Expiry } from './expiry.ts'
import type { Fields } from './fault-input.ts'
import { findFault } from './fault-list.ts'
import { addFault, removeExpired, removeFault, renewFault, updateFault } from './faults.ts'
import { populate, type PopulateResult } from './populate.ts'
import { Profiles } from './profiles/profiles.ts'
import type { HaltResult } from './profiles/types.ts'
import { createProxy, deleteProxy, updated, updateProxy } from './proxies.ts'
import { patchProxy, readKeptProxy, readProxy } from './proxy-document.ts'
import { checkProxyInput, saysProtocol, type ProxyInput, type ProxyUpdate } from './proxy-input.ts'
import type { FaultRecord, ProxyRecord } from './records.ts'
import type { LifetimePolicy } from './lifetime.ts'
import { findSession, sessionNotFound } from './find-session.ts'
import { Registry } from './registry.ts'
import { resetAll } from './reset.ts'
import { Safety } from './safety.ts'
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
  /** How long faults and activations may stay. Default: as long as they like. */
  readonly lifetimes?: LifetimePolicy
  /** Where profiles come from that are files. Default: there are none. */
  readonly profileSource?: ProfileSource
  /** Values of variables, for every profile that has one of that name. */
  readonly vars?: Readonly<Record<string, VarValue>>
  /** What `${env:NAME}` in profiles stands for. Default: nothing. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * The application: what is wanted of every proxy, and the one way to change it, for the API, the CLI, watchers and tests.
 *
 * Reads answer from memory. Changes to one proxy are queued behind each other; changes to different proxies run side by side.
 * No change waits for a session, a dial or a peer. `by` says who asks and why, and goes into the event.
 */
export class ControlPlane {
  readonly dataPlane: DataPlane
  readonly seed: number
  readonly clock: Clock
  readonly safety: Safety
  readonly #expiry: Expiry
  readonly #registry: Registry
  readonly #files: AllowedFiles
  readonly #authority: () => Authority | undefined
  readonly #profiles: Profiles

  constructor(options: ControlPlaneOptions) {
    const { dataPlane, seed, clock = controlClock, filesDir, authority, lifetimes, profileSource, vars, env } = options
    this.dataPlane = dataPlane
    this.seed = seed
    this.clock = clock
    this.#files = new AllowedFiles(filesDir)
    this.#authority = authority ?? (() => undefined)
    this.#expiry = new Expiry(clock, (proxy) => void removeExpired(this.#registry, proxy))
    this.safety = new Safety(lifetimes)
    this.#registry = new Registry({ dataPlane, expiry: this.#expiry, clock, safety: this.safety })
    this.#profiles = new Profiles({
      registry: this.#registry,
      files: this.#files,
      authority: this.#authority,
      source: profileSource,
      vars,
      env,
    })
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
  async createProxy(input: ProxyInput, by: By = {}): Promise<ProxyRecord> {
    return createProxy(this.#registry, checkProxyInput(input), by)
  }

  /**
   * Makes each entry exist, in order; proxies that are not named stay. All entries are checked before anything is touched.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`.
   */
  async populate(entries: readonly ProxyInput[], by: By = {}): Promise<PopulateResult> {
    const checked = entries.map((entry, index) => ({
      proxy: checkProxyInput(entry, ` at proxy ${index + 1}`),
      saysProtocol: saysProtocol(entry),
    }))
    return populate(this.#registry, checked, by)
  }

  /** @throws FoulweatherError `proxy_not_found`, `invalid_value`, `listen_failed` (left stopped if it had to restart). */
  updateProxy(name: string, update: ProxyUpdate, by: By = {}): Promise<ProxyRecord> {
    return updateProxy(this.#registry, name, (before) => updated(before, update), by)
  }

  /**
   * Creates a proxy as users write it: its upstream may be a URL, and it may have a protocol, options of HTTP, and TLS. Nothing of it has to have
   * been checked.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`, `proxy_exists`, `listen_failed`; nothing is stored then.
   */
  async addProxy(input: Fields, by: By = {}): Promise<ProxyRecord> {
    const fields = await withProxyFiles(input, this.#files)
    return createProxy(this.#registry, readProxy(fields, this.#authority), by)
  }

  /**
   * Creates a proxy anew that was there before, whichever API had taken it.
   *
   * @param owner where it was a profile.
   * @throws FoulweatherError `missing_field`, `invalid_value`, `proxy_exists`, `listen_failed`; nothing is stored then.
   */
  async restoreProxy(kept: Fields, by: By = {}, owner?: string): Promise<ProxyRecord> {
    const fields = await withProxyFiles(kept, this.#files)
    return createProxy(this.#registry, readKeptProxy(fields, this.#authority), by, owner)
  }

  /**
   * What is given takes the place of what is there, also inside of objects; `null` takes it away. Where addresses or settings change, sessions
   * are dropped.
   *
   * @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_value`, `listen_failed` (left stopped if it had to restart).
   */
  async patchProxy(name: string, patch: Fields, by: By = {}): Promise<ProxyRecord> {
    this.proxy(name)
    const fields = await withProxyFiles(patch, this.#files)
    return updateProxy(this.#registry, name, (before) => patchProxy(before, fields, this.#authority), by)
  }

  /** @throws FoulweatherError `proxy_not_found`. */
  deleteProxy(name: string, by: By = {}): Promise<void> {
    return deleteProxy(this.#registry, name, by)
  }

  /**
   * Adds a fault as users write it: common fields and parameters side by side. Nothing of it has to have been checked.
   *
   * @throws FoulweatherError `proxy_not_found`, `missing_field`, `invalid_fault_type`, `invalid_value`, `fault_exists`.
   */
  addFault(proxy: string, input: Fields, by: By = {}): Promise<FaultRecord> {
    const add = (fields: Fields): Promise<FaultRecord> => addFault(this.#registry, proxy, fields, by)
    if (!namesFaultFile(input)) return add(input)
    return withFaultFiles(input, input['type'], this.#files).then(add)
  }

  /**
   * What is given takes the place of what is there, `null` takes it away.
   *
   * @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `missing_field`, `invalid_value`; nothing has changed then.
   */
  async updateFault(proxy: string, fault: string, patch: Fields, by: By = {}): Promise<FaultRecord> {
    const update = (fields: Fields): Promise<FaultRecord> => updateFault(this.#registry, proxy, fault, fields, by)
    if (!namesFaultFile(patch)) return update(patch)
    return update(await withFaultFiles(patch, this.fault(proxy, fault).plan.type, this.#files))
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
  removeFault(proxy: string, fault: string, by: By = {}): Promise<void> {
    return removeFault(this.#registry, proxy, fault, by)
  }

  /** The lease of a fault begins anew. @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `no_lease`. */
  renewFault(proxy: string, fault: string, by: By = {}): Promise<FaultRecord> {
    return renewFault(this.#registry, proxy, fault, by)
  }

  /**
   * Resets a live session: both peers get a RST.
   *
   * @throws FoulweatherError `session_not_found`.
   */
  async resetSession(id: string, by: By = {}): Promise<void> {
    const { proxy, client, upstream, started, touchedBy } = await findSession(this.dataPlane, id, 'live')
    // It may have ended meanwhile.
    if (!(await this.dataPlane.kill(id))) throw sessionNotFound(id)
    const before = { id, client, upstream, started, touchedBy }
    this.#registry.announce({ action: 'session-reset', proxy, session: id, before, after: null, ...said(by) })
  }

  /**
   * Takes every fault away at once, deactivates all profiles and takes no faults until `resume`; proxies go on relaying. Waits for no change that is
   * under way. From the call on no fault is taken, and when it answers none works in any thread. Halting again changes nothing.
   */
  async halt(by: By = {}): Promise<HaltResult> {
    const { safety } = this
    const already = safety.halt
    if (already === undefined) safety.halt = { since: new Date().toISOString(), ...said(by) }
    const { cleared, gone } = this.#registry.clearFaults()
    const profiles = this.#profiles.forgetActive()
    const removed = [...cleared.values()].reduce((sum, { length }) => sum + length, 0)
    const result = {
      since: already?.since ?? safety.halt?.since ?? '',
      faults_removed: removed,
      profiles_deactivated: profiles,
      proxies_disabled: this.proxies()
        .filter(({ enabled }) => !enabled)
        .map(({ name }) => name),
    }
    if (already === undefined) this.#registry.announce({ action: 'halted', before: null, after: result, ...said(by) })
    for (const [proxy, faults] of cleared) {
      for (const fault of faults)
        this.#registry.announce(faultChange('fault-removed', proxy, fault, null, { reason: 'halted', ...by }))
    }
    await gone
    return result
  }

  /** Faults are taken again; those that a halt has taken away do not come back. @throws FoulweatherError `halted` while something holds it. */
  resume(by: By = {}): void {
    const { safety } = this
    safety.refuseWhileHeld()
    const { halt } = safety
    if (halt === undefined) return
    safety.halt = undefined
    this.#registry.announce({ action: 'resumed', before: halt, after: null, ...said(by) })
  }

  /** The documents of proxies and faults, and which are in force. */
  get profiles(): Profiles {
    return this.#profiles
  }

  /** How many changes there have been. */
  get revision(): number {
    return this.#registry.revision
  }

  /** @throws FoulweatherError `proxy_not_found`, `invalid_direction`, `invalid_fault_type`, `fault_exists`, `bad_request_body`. */
  addToxic(proxy: string, input: ToxicInput, by: By = {}): Promise<ToxicRecord> {
    return addToxic(this.#registry, proxy, input, by)
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`, `bad_request_body`; nothing has changed then. */
  updateToxic(proxy: string, toxic: string, update: ToxicUpdate, by: By = {}): Promise<ToxicRecord> {
    return updateToxic(this.#registry, proxy, toxic, update, by)
  }

  /** @throws FoulweatherError `proxy_not_found`, `fault_not_found`. */
  removeToxic(proxy: string, toxic: string, by: By = {}): Promise<void> {
    return removeToxic(this.#registry, proxy, toxic, by)
  }

  /** Starts every proxy and removes all faults. @throws FoulweatherError `listen_failed`; the proxies that can be are reset. */
  reset(by: By = {}): Promise<void> {
    return resetAll(this.#registry, by)
  }

  /** Nothing happens by itself any more. To be called before the data plane is closed, which a fault that ends would wake up again. */
  close(): void {
    this.#profiles.close()
    this.#expiry.close()
  }
}
