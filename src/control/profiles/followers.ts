import type { FoulweatherError } from '../../core/errors.ts'
import type { By } from '../by.ts'
import type { Activations, ActivationsParts } from './activations.ts'
import type { Running } from './in-force.ts'
import { attempted } from './problems.ts'

/** Has profiles that are in force follow what they depend on: their texts, those that they extend, the proxies that there are. */
export class Followers {
  readonly #parts: Omit<ActivationsParts, 'turns' | 'marks'>
  readonly #activations: Activations

  constructor(parts: Omit<ActivationsParts, 'turns' | 'marks'>, activations: Activations) {
    this.#parts = parts
    this.#activations = activations
  }

  /** Each active profile that depends on what has changed, one by one: one that cannot be stays as it was. Answers these. */
  async followChanges(changed: ReadonlySet<string>, by: By): Promise<ReadonlyMap<string, readonly FoulweatherError[]>> {
    const { inForce, shelf } = this.#parts
    const failed = new Map<string, readonly FoulweatherError[]>()
    let left = this.#dependents(changed)
    // One may want what another one only lets go of behind it.
    for (let before = Infinity; left.length > 0 && left.length < before;) {
      before = left.length
      failed.clear()
      for (const name of left) await attempted(failed, name, () => this.#refresh(name, by))
      left = [...failed.keys()]
    }
    for (const [name, problems] of failed) {
      const running = inForce.find(name)
      const own = shelf.find(name)?.outcome.ok === true ? problems : []
      if (running !== undefined) inForce.set({ ...running, problems: own })
    }
    return failed
  }

  /** As above, but the first that cannot be is the failure of all, and those before it are put back. @throws FoulweatherError that. */
  async bringInStep(changed: ReadonlySet<string>, by: By): Promise<void> {
    const done: Running[] = []
    try {
      for (const name of this.#dependents(changed)) {
        const before = this.#parts.inForce.find(name)
        await this.#refresh(name, by)
        if (before !== undefined) done.push(before)
      }
    } catch (error) {
      for (const before of done.reverse()) await this.#putBack(before, by)
      throw error
    }
  }

  async #putBack(before: Running, by: By): Promise<void> {
    const { shelf, views, inForce } = this.#parts
    const { name } = before.compiled
    const was = views.of(shelf.get(name))
    const failed = new Map<string, readonly FoulweatherError[]>()
    await attempted(failed, name, () => this.#activations.put(before, by))
    const problems = failed.get(name)
    // It is tried again whenever files are read.
    if (problems !== undefined && inForce.has(name)) inForce.set({ ...before, problems })
    views.announce('profile-reloaded', name, was, shelf.get(name), by)
  }

  #dependents(changed: ReadonlySet<string>): readonly string[] {
    const { shelf, inForce } = this.#parts
    return inForce.names().filter((name) => [...shelf.closure(name)].some((each) => changed.has(each)))
  }

  /** Brings an active profile in step with what its text, and those of the profiles that it extends, say now. */
  async #refresh(name: string, by: By): Promise<void> {
    const { shelf, views, reader, inForce } = this.#parts
    const running = inForce.find(name)
    if (running === undefined) return
    const shelved = shelf.get(name)
    const before = views.of(shelved)
    const compiled = await reader.compiled(shelved, running.given)
    await inForce.refuseConflicts(compiled)
    await this.#activations.put({ ...running, compiled, problems: [] }, by)
    views.announce('profile-reloaded', name, before, shelved, by)
  }
}
