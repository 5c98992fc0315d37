import { FoulweatherError } from '../../core/errors.ts'
import type { By } from '../by.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ownerOf } from '../profiles/owner.ts'
import type { ProxyRecord } from '../records.ts'
import type { Carried } from './carried.ts'
import {
  toxicAttributes,
  toxicityOf,
  type State,
  type StoredActivation,
  type StoredFault,
  type StoredFaults,
  type StoredProfile,
  type StoredProxy,
} from './document.ts'
import type { StateLog } from './log.ts'

export interface RestoreOptions {
  readonly control: ControlPlane
  readonly by: By
  readonly log: StateLog
  /** Given what is to be written down again although it could not be restored. */
  readonly carried: Carried
  /** Aborted = nothing more is begun. */
  readonly signal: AbortSignal
}

const stays = 'it stays in the state file, and is tried again at the next start'
const goes = 'it is forgotten'

/** How many of each have been restored. */
export interface Restored {
  readonly proxies: number
  readonly faults: number
  readonly profiles: number
  readonly active: number
}

/** Puts in force what was. An entry that cannot be restored is logged, and holds up no other. */
export class Restoring {
  readonly #state: State
  readonly #options: RestoreOptions
  readonly #done = { proxies: 0, faults: 0, profiles: 0, active: 0 }
  #late: readonly StoredFaults[] = []

  constructor(state: State, options: RestoreOptions) {
    this.#state = state
    this.#options = options
  }

  async run(): Promise<Restored> {
    const { proxies, faults, profiles, active } = this.#state
    // Side by side, as each may wait for the kernel, or for a name that has to be looked up.
    await Promise.all(proxies.map((proxy) => this.#proxy(proxy)))
    await this.#profiles(profiles)
    // One after the other: who came first stays first in every chain.
    for (const activation of active) await this.#activate(activation)
    const there = new Set(this.#options.control.proxies().map(({ name }) => name))
    this.#late = faults.filter(({ proxy }) => !there.has(proxy))
    const now = faults.filter(({ proxy }) => there.has(proxy))
    await Promise.all(now.map(({ proxy, faults: all }) => this.#faults(proxy, all)))
    return { ...this.#done }
  }

  /** Faults on proxies that were not there yet: profiles that are activated at the start may have made these meanwhile. */
  async runLate(): Promise<void> {
    const { control, carried } = this.#options
    const there = new Set(control.proxies().map(({ name }) => name))
    await Promise.all(
      this.#late.map(async (late) => {
        // A profile that is tried again at the next start may make the proxy then.
        if (!there.has(late.proxy) && carried.active.length > 0) return carried.addFaults(late)
        return this.#faults(late.proxy, late.faults)
      }),
    )
  }

  async #proxy(stored: StoredProxy): Promise<void> {
    const { carried } = this.#options
    const { name } = stored.fields
    const proxy = await this.#attempt({ proxy: name }, 'a proxy', stays, () => this.#createProxy(stored))
    if (proxy === undefined) return carried.addProxy(stored)
    this.#done.proxies++
    await this.#faults(name, stored.faults)
  }

  #createProxy({ fields, profile }: StoredProxy): Promise<ProxyRecord> {
    const { control, by } = this.#options
    // As before: the profile takes it over when it is activated again, and takes it away when it is deleted.
    const owner = profile === undefined ? undefined : ownerOf(profile)
    return control.restoreProxy(fields, by, owner)
  }

  async #faults(proxy: string, faults: readonly StoredFault[]): Promise<void> {
    for (const fault of faults) {
      // While everything is halted there are none, and no file may bring them back.
      if (this.#options.control.safety.halt !== undefined) return
      const { name } = fault.fields
      const added = await this.#attempt({ proxy, fault: name }, 'a fault', goes, () => this.#addFault(proxy, fault))
      if (added !== undefined) this.#done.faults++
    }
  }

  async #addFault(proxy: string, { fields, toxic }: StoredFault): Promise<object> {
    const { control, by } = this.#options
    if (toxic === undefined) return control.addFault(proxy, fields, by)
    const attributes = toxicAttributes(toxic)
    const { name, type } = fields
    const { stream } = toxic
    const toxicity = toxicityOf(toxic)
    const added = await control.addToxic(proxy, { name, type, stream, toxicity, attributes: () => attributes }, by)
    // Its share may have been finer than the 32 bits that Toxiproxy's clients are shown.
    const { probability } = fields
    if (probability === undefined || probability === added.plan.probability) return added
    return control.updateFault(proxy, name, { probability }, by)
  }

  /** Those that extend others need these first, in whatever order they stand: tried again as long as that helps. */
  async #profiles(profiles: readonly StoredProfile[]): Promise<void> {
    const { control, by, carried } = this.#options
    let left = profiles
    for (let before = Infinity; left.length > 0 && left.length < before;) {
      before = left.length
      const failed: StoredProfile[] = []
      for (const profile of left) {
        if (await this.#succeeds(() => control.profiles.put(profile.name, profile.text, by))) this.#done.profiles++
        else failed.push(profile)
      }
      left = failed
    }
    for (const profile of left) {
      await this.#attempt({ profile: profile.name }, 'a profile', stays, () =>
        control.profiles.put(profile.name, profile.text, by),
      )
      carried.addProfile(profile)
    }
  }

  async #activate(activation: StoredActivation): Promise<void> {
    const { control, by, carried } = this.#options
    if (control.safety.halt !== undefined) return
    const { name, vars } = activation
    const isKnown = control.profiles.list().some((profile) => profile.name === name)
    const activated = await this.#attempt({ profile: name }, 'that a profile is active', isKnown ? stays : goes, () =>
      control.profiles.activateAtStart(name, { vars }, by),
    )
    if (activated !== undefined) this.#done.active++
    else if (isKnown) carried.addActivation(activation)
  }

  async #succeeds(restore: () => Promise<object>): Promise<boolean> {
    this.#options.signal.throwIfAborted()
    try {
      await restore()
      return true
    } catch (error) {
      if (error instanceof FoulweatherError) return false
      throw error
    }
  }

  /** `undefined` = it could not be, and the log says why. @param then what becomes of it. */
  async #attempt<T extends object>(
    which: object,
    what: string,
    then: string,
    restore: () => Promise<T>,
  ): Promise<T | undefined> {
    const { log, signal } = this.#options
    signal.throwIfAborted()
    try {
      return await restore()
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      log.error({ ...which, code: error.code }, `Could not restore ${what}: ${error.message}; ${then}`)
      return undefined
    }
  }
}
