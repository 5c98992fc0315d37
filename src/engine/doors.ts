import type { Door } from '../core/fault-factory.ts'
import { randomFor } from '../core/random.ts'
import type { FaultNow } from './fault-at-work.ts'
import type { EngineShared } from './shared.ts'

interface Doorkeeper {
  readonly fault: FaultNow
  readonly door: Door
  shut: boolean
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

/** The faults of a proxy that work on its listener. */
export class Doors {
  readonly #shared: Pick<EngineShared, 'seed' | 'factory' | 'decisions'>
  readonly #proxy: string
  #keepers: readonly Doorkeeper[] = []

  constructor(shared: Pick<EngineShared, 'seed' | 'factory' | 'decisions'>, proxy: string) {
    this.#shared = shared
    this.#proxy = proxy
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
      if (old?.fault === fault) return [old]
      const door = this.#build(fault, old?.door)
      return door === undefined ? [] : [{ fault, door, shut: old?.shut ?? false }]
    })
  }

  /** @param active sessions that were let in and are not over. */
  look(at: number, active: number): DoorState {
    // A fault that may not act any more shuts no door again; one that is shut stays so for its time.
    const asked = this.#keepers.filter((keeper) => keeper.shut || !keeper.fault.work.spent)
    const open = asked.filter((keeper) => !keeper.shut)
    // All of them are asked: each keeps its own time.
    for (const keeper of asked) keeper.shut = keeper.door.shut(at, active)
    const shut = asked.find((keeper) => keeper.shut)
    const timed = asked.filter((keeper) => keeper.shut || !keeper.fault.work.spent)
    const until = Math.min(Infinity, ...timed.map(({ door }) => door.wakeAt ?? Infinity))
    const ends = endsOf(open.filter((keeper) => keeper.shut))
    return { shutBy: shut?.fault.work.name, ends, until }
  }

  #build(fault: FaultNow, previous: Door | undefined): Door | undefined {
    const { work, plan } = fault
    const { seed, factory, decisions } = this.#shared
    const proxy = this.#proxy
    return factory.door(
      plan,
      {
        random: randomFor(seed, proxy, 'door', work.name),
        counters: work.tally,
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

function endsOf(shut: readonly Doorkeeper[]): DoorState['ends'] {
  for (const how of ['reset', 'close'] as const) {
    const keeper = shut.find(({ door }) => door.sessions === how)
    if (keeper !== undefined) return { how, fault: keeper.fault.work.name }
  }
  return undefined
}
