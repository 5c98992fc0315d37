import { defined } from '../../core/defined.ts'
import type { VarValue } from '../../profiles/document.ts'
import type { Registry } from '../registry.ts'
import { type CompiledProfile, isGlob, type ProfileFault, type Target } from './compile.ts'
import { refuseConflicts } from './conflicts.ts'
import { isOver, type WithOver } from './over.ts'
import { ownerOf } from './owner.ts'
import type { StepContext } from './steps.ts'
import type { Active } from './view.ts'

export type Vars = Readonly<Record<string, VarValue>>

/** An activation as it was asked for. */
export interface Running extends Active, WithOver {
  readonly given: Vars
}

/** Which profiles are in force, and what that means for another one. It changes nothing but itself. */
export class InForce {
  readonly #registry: Registry
  /** In the order in which they were activated. */
  readonly #running = new Map<string, Running>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  find(name: string): Running | undefined {
    return this.#running.get(name)
  }

  has(name: string): boolean {
    return this.#running.has(name)
  }

  /** In the order in which they were activated. */
  list(): readonly Running[] {
    return [...this.#running.values()]
  }

  names(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** One that is there already keeps its turn. */
  set(running: Running): void {
    this.#running.set(running.compiled.name, running)
  }

  delete(name: string): void {
    this.#running.delete(name)
  }

  others(name: string): readonly CompiledProfile[] {
    return this.list()
      .map(({ compiled }) => compiled)
      .filter((one) => one.name !== name)
  }

  /** The proxies that there are without this profile. */
  targets(name: string): ReadonlyMap<string, Target> {
    const there = this.#registry.list().filter(({ owner }) => owner !== ownerOf(name))
    const others = this.others(name).flatMap(({ proxies }) => Array.from(proxies.values(), ({ input }) => input))
    return new Map([...there, ...others].map((target) => [target.name, target]))
  }

  /** @throws FoulweatherError `profile_conflict`. */
  refuseConflicts(compiled: CompiledProfile): Promise<void> {
    return refuseConflicts(compiled, this.others(compiled.name), (name) => this.#registry.find(name))
  }

  /** What is to be once this one is in force, or is so as it is now. */
  contextWith(
    compiled: CompiledProfile,
    { over, anew }: { readonly over?: ReadonlyMap<string, ProfileFault>; readonly anew?: boolean } = {},
  ): StepContext {
    const { name } = compiled
    const others = this.list().map((running) => running.compiled)
    const active = this.has(name) ? others.map((one) => (one.name === name ? compiled : one)) : [...others, compiled]
    return {
      active,
      subjects: new Set([name]),
      isOver: (proxy, fault) => over !== undefined && isOver(over, proxy, fault),
      ...defined({ anew }),
    }
  }

  /** The proxies that a change of a profile may have to do with: those that it is about, or was, and those that it still has something on. */
  concerned(compiled: CompiledProfile | undefined, name = compiled?.name ?? ''): ReadonlySet<string> {
    const owner = ownerOf(name)
    const owned = this.#registry
      .list()
      .filter((proxy) => proxy.owner === owner || proxy.faults.some(({ plan }) => plan.owner === owner))
    return new Set([
      ...owned.map((proxy) => proxy.name),
      ...(compiled?.proxies.keys() ?? []),
      ...(compiled?.faults.keys() ?? []),
    ])
  }

  /** Names of those with faults on a proxy that is not their own, or that may have some on it. */
  watchersOf(proxy: string): readonly string[] {
    const owner = this.#registry.find(proxy)?.owner
    return [...this.#running]
      .filter(([name, { compiled }]) => {
        const names = compiled.resolved.faults.flatMap(({ on }) => on)
        return owner !== ownerOf(name) && names.some((on) => on === proxy || isGlob(on))
      })
      .map(([name]) => name)
  }
}
