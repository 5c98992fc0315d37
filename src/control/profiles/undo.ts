import type { By } from '../by.ts'
import type { FaultRecord, ProxyRecord } from '../records.ts'
import type { Registry } from '../registry.ts'
import { announceStep } from './announce.ts'
import { settingsOf } from '../proxy-input.ts'
import { isDeepStrictEqual } from 'node:util'

/** A proxy that has been touched. */
interface Touched {
  /** As it was. */
  before: ProxyRecord | undefined
  /** As it was left. */
  left: ProxyRecord | undefined
  /** What everybody has been told that it is. */
  said: ProxyRecord | undefined
}

/** What has been done to proxies, so that it can be taken back. To be told of it while the proxy is held. */
export class Undo {
  readonly #registry: Registry
  readonly #by: By
  readonly #touched = new Map<string, Touched>()
  readonly #clearings: number

  constructor(registry: Registry, by: By) {
    this.#registry = registry
    this.#by = by
    this.#clearings = registry.clearings
  }

  /** What the proxy was before anything was done; what others have made of it meanwhile counts as that. */
  before(proxy: string): ProxyRecord | undefined {
    const now = this.#registry.find(proxy)
    const touched = this.#touched.get(proxy)
    return touched !== undefined && touched.left === now ? touched.before : now
  }

  /** It is otherwise than `before` from now on. @param told whether it has been announced. */
  note(proxy: string, before: ProxyRecord | undefined, told: boolean): void {
    const left = this.#registry.find(proxy)
    this.#touched.set(proxy, { before, left, said: told ? left : before })
  }

  /**
   * Everything as it was, but for what others have changed meanwhile. What cannot listen any more, because somebody else has its address by now, is
   * left stopped.
   */
  async run(): Promise<void> {
    const all = [...this.#touched].reverse()
    // First all let go of what they have: one may need the address of another.
    for (const [proxy, touched] of all) await this.#registry.exclusive(proxy, () => this.#letGo(proxy, touched))
    for (const [proxy, touched] of all) await this.#registry.exclusive(proxy, () => this.#putBack(proxy, touched))
  }

  async #letGo(proxy: string, touched: Touched): Promise<void> {
    const now = this.#registry.find(proxy)
    const target = this.#targetOf(touched, now)
    if (now !== touched.left) touched.said = now
    if (now !== undefined && (target === undefined || moves(now, target))) await this.#registry.stop(now)
    touched.before = target
    touched.left = this.#registry.find(proxy)
  }

  async #putBack(proxy: string, touched: Touched): Promise<void> {
    const registry = this.#registry
    const now = registry.find(proxy)
    const target = this.#targetOf(touched, now)
    if (now !== touched.left) touched.said = now
    if (target === undefined) await registry.remove(proxy)
    else if (target !== now && now !== undefined && !moves(now, target)) await registry.setFaults(target, target.faults)
    else if (target !== now) {
      await registry.stop(target)
      if (target.enabled) await registry.start(target).catch(() => {})
    }
    announceStep(registry, proxy, touched.said, registry.find(proxy), this.#by)
  }

  #targetOf(touched: Touched, now: ProxyRecord | undefined): ProxyRecord | undefined {
    const target = targetOf(touched, now)
    // What a halt has taken away stays away, also when it is over already.
    if (target === undefined || this.#clearings === this.#registry.clearings) return target
    const before = touched.left?.faults ?? []
    return { ...target, faults: (now?.faults ?? []).filter((fault) => !before.includes(fault)) }
  }
}

/** What a proxy is to be again: as it was, with what others have made of it since it was left. */
function targetOf({ before, left }: Touched, now: ProxyRecord | undefined): ProxyRecord | undefined {
  // Who has deleted it meanwhile, or made another one, wanted that.
  if (now === left || before === undefined) return now !== undefined && left === undefined ? now : before
  if (now === undefined || left === undefined) return now
  const settled = moves(now, left) || now.owner !== left.owner ? now : before
  return { ...settled, faults: mergedFaults(before.faults, left.faults, now.faults) }
}

/** The faults that there are now, and of those that we have made, or taken away, what was there before. */
function mergedFaults(
  before: readonly FaultRecord[],
  left: readonly FaultRecord[],
  now: readonly FaultRecord[],
): readonly FaultRecord[] {
  const made = new Set(left.filter((fault) => !before.includes(fault)))
  const gone = new Map(before.filter((fault) => !left.includes(fault)).map((fault) => [fault.plan.name, fault]))
  const merged = now.flatMap((fault) => {
    const was = gone.get(fault.plan.name)
    gone.delete(fault.plan.name)
    if (!made.has(fault)) return [fault]
    return was === undefined ? [] : [was]
  })
  // Those that others have removed meanwhile stay away.
  const removed = new Set([...made].map(({ plan }) => plan.name))
  return [...merged, ...[...gone.values()].filter(({ plan }) => !removed.has(plan.name))]
}

/** Whether one has to be made anew to be as the other. */
function moves(one: ProxyRecord, other: ProxyRecord): boolean {
  return (
    one.listen !== other.listen ||
    one.upstream !== other.upstream ||
    one.enabled !== other.enabled ||
    !isDeepStrictEqual(settingsOf(one), settingsOf(other))
  )
}
