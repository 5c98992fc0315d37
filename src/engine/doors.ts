import type { Door, FaultCounters } from '../core/fault-factory.ts'
import { randomFor } from '../core/random.ts'
import { differInProbabilityAlone, type FaultNow } from './fault-at-work.ts'
import type { EngineShared } from './shared.ts'

interface Doorkeeper {
  readonly fault: FaultNow
  readonly door: Door
  shut: boolean
  /** It only counts who comes while it would be shut. */
  readonly shadow: boolean
}

/** What the doors of a proxy say together. */
export interface DoorState {
  /** The first fault that has its door shut; `undefined` = all are open. */
  readonly shutBy: string | undefined
  /** What the doors that have shut just now want done with live sessions, the strictest of them; `undefined` = nothing. */
  readonly ends: { readonly how: 'close' | 'reset'; readonly fault: string } | undefined
  /** When to ask again; `Infinity` = only after a change. */
  readonly until: number
}

type DoorsShared = Pick<EngineShared, 'seed' | 'factory' | 'decisions'>

/** The faults of a proxy that work on its listener. */
export class Doors {
  readonly #shared: DoorsShared
  readonly #proxy: string
  readonly #leads: boolean
  #keepers: readonly Doorkeeper[] = []

  /** @param leads the doors of all threads shut together: one of them counts it, and puts it on record. */
  constructor(shared: DoorsShared, proxy: string, leads = true) {
    this.#shared = shared
    this.#proxy = proxy
    this.#leads = leads
  }

  /** No fault works on the listener. */
  get empty(): boolean {
    return this.#keepers.length === 0
  }

  update(faults: readonly FaultNow[]): void {
    const before = this.#keepers
    this.#keepers = faults.flatMap((fault) => {
      const old = before.find((keeper) => keeper.fault.work === fault.work)
      if (!fault.on) return []
      if (old !== undefined && differInProbabilityAlone(old.fault, fault)) return [{ ...old, fault }]
      const shadow = fault.plan.shadow === true
      // A door that was only counted at has not been shut.
      const same = old?.shadow === shadow ? old : undefined
      const door = this.#build(fault, same?.door)
      if (door === undefined) return []
      fault.work.hasDoor = true
      return [{ fault, door, shut: same?.shut ?? false, shadow }]
    })
  }

  /** A connection has come: those whose doors would be shut count it. */
  came(): void {
    for (const { fault, shadow, shut } of this.#keepers) {
      // Who looks at each connection as well counts those that it does not let in.
      if (shadow && shut && !this.#shared.factory.hasConnect(fault.plan)) fault.work.tally.shadowed++
    }
  }

  /** @param active sessions that were let in and are not over. */
  look(at: number, active: number): DoorState {
    // A fault that may not act any more shuts no door again; one that is shut stays so for its time, unless a limit has disarmed the fault.
    const armed = this.#keepers.filter((keeper) => !keeper.fault.work.off)
    const asked = armed.filter((keeper) => keeper.shut || !keeper.fault.work.spent)
    const open = asked.filter((keeper) => !keeper.shut)
    // All of them are asked: each keeps its own time.
    for (const keeper of asked) keeper.shut = keeper.door.shut(at, active)
    const shut = asked.find((keeper) => keeper.shut && !keeper.shadow)
    const timed = asked.filter((keeper) => keeper.shut || !keeper.fault.work.spent)
    const until = Math.min(Infinity, ...timed.map(({ door }) => door.wakeAt ?? Infinity))
    const ends = endsOf(open.filter((keeper) => keeper.shut && !keeper.shadow))
    return { shutBy: shut?.fault.work.name, ends, until }
  }

  #build(fault: FaultNow, previous: Door | undefined): Door | undefined {
    const { work, plan } = fault
    const { seed, factory, decisions } = this.#shared
    const proxy = this.#proxy
    const random = randomFor(seed, proxy, 'door', work.name)
    const counts = plan.shadow !== true && this.#leads
    if (!counts) return factory.door(plan, { random, counters: nobodys(), record: () => {} }, previous)
    return factory.door(
      plan,
      {
        random,
        counters: work.counters,
        record: (_at, what, detail) =>
          decisions.add({
            proxy,
            fault: work.name,
            type: work.type,
            kind: 'injection',
            what,
            ...(detail && { detail }),
          }),
      },
      previous,
    )
  }
}

/** What does nothing is not counted as having acted. */
function nobodys(): FaultCounters {
  return { seen: 0, selected: 0, applied: 0 }
}

function endsOf(shut: readonly Doorkeeper[]): DoorState['ends'] {
  for (const how of ['reset', 'close'] as const) {
    const keeper = shut.find(({ door }) => door.sessions === how)
    if (keeper !== undefined) return { how, fault: keeper.fault.work.name }
  }
  return undefined
}
