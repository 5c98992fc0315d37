import type { Registry } from '../registry.ts'
import type { Followers } from './followers.ts'
import type { InForce } from './in-force.ts'
import type { ProfileViews } from './profile-views.ts'
import type { Turns } from './turns.ts'

export interface NewProxiesParts {
  readonly registry: Registry
  readonly inForce: InForce
  readonly views: ProfileViews
  readonly turns: Turns
  readonly followers: Followers
}

/** A proxy that somebody else has made may be one that an active profile names, by a glob or else. */
export class NewProxies {
  readonly #parts: NewProxiesParts
  /** Those that globs have not been held against yet. */
  readonly #fresh = new Set<string>()

  constructor(parts: NewProxiesParts) {
    this.#parts = parts
  }

  /** From now on active profiles join proxies that are made. */
  watch(): void {
    this.#parts.registry.events.on('changed', ({ action, proxy = '' }) => {
      if (action === 'proxy-created') this.#lookAt(proxy)
    })
  }

  #lookAt(proxy: string): void {
    const { inForce, turns } = this.#parts
    const [first] = inForce.watchersOf(proxy)
    if (first === undefined) return
    const isFirst = this.#fresh.size === 0
    this.#fresh.add(proxy)
    // The others are looked at in the same turn.
    if (isFirst) void turns.byItself(first, () => this.#join())
  }

  async #join(): Promise<void> {
    const { registry, inForce, followers, views } = this.#parts
    const fresh = [...this.#fresh].filter((name) => registry.find(name) !== undefined)
    this.#fresh.clear()
    const names = new Set(fresh.flatMap((name) => inForce.watchersOf(name)))
    const reason = fresh.length === 1 ? `proxy ${fresh[0]} is new` : `${fresh.length} proxies are new`
    const failed = await followers.followChanges(names, { reason })
    for (const [name, problems] of failed) views.announceFailure(name, problems, {})
  }
}
