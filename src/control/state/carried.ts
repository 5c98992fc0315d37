import type { ControlChange } from '../changes.ts'
import type { StoredActivation, StoredFaults, StoredProfile, StoredProxy } from './document.ts'

const OF_ACTIVATION: ReadonlySet<string> = new Set<ControlChange['action']>(['profile-activated', 'profile-deleted'])

/**
 * What could not be restored, and is written down again all the same: a port that is taken now may be free at the next start. Each of them is
 * there until something of its name is made, or changed.
 */
export class Carried {
  readonly #proxies = new Map<string, StoredProxy>()
  readonly #profiles = new Map<string, StoredProfile>()
  readonly #active = new Map<string, StoredActivation>()
  readonly #faults = new Map<string, StoredFaults>()

  addProxy(proxy: StoredProxy): void {
    this.#proxies.set(proxy.fields.name, proxy)
  }

  addProfile(profile: StoredProfile): void {
    this.#profiles.set(profile.name, profile)
  }

  addActivation(activation: StoredActivation): void {
    this.#active.set(activation.name, activation)
  }

  /** On a proxy that a profile would have made. */
  addFaults(faults: StoredFaults): void {
    this.#faults.set(faults.proxy, faults)
  }

  get proxies(): readonly StoredProxy[] {
    return [...this.#proxies.values()]
  }

  get profiles(): readonly StoredProfile[] {
    return [...this.#profiles.values()]
  }

  get active(): readonly StoredActivation[] {
    return [...this.#active.values()]
  }

  get faults(): readonly StoredFaults[] {
    return [...this.#faults.values()]
  }

  changed({ action, proxy, profile }: ControlChange): void {
    if (proxy !== undefined) {
      this.#proxies.delete(proxy)
      this.#faults.delete(proxy)
    }
    if (profile !== undefined) {
      this.#profiles.delete(profile)
      // One that is mended, or still is not, is not in force for that.
      if (OF_ACTIVATION.has(action)) this.#active.delete(profile)
    }
    if (action === 'halted') this.dropFaults()
  }

  /** What was halted must not come back by a restart. */
  dropFaults(): void {
    this.#active.clear()
    this.#faults.clear()
    for (const [name, proxy] of this.#proxies) this.#proxies.set(name, { ...proxy, faults: [] })
  }
}
