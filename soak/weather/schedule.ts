import { Chance } from '../chance.ts'
import { isCalm } from '../places.ts'
import { newFault, otherFields, type Fields, type NewFault } from './catalogue.ts'
import { invalidProfile, validProfile, type Spare } from './documents.ts'

/** One thing that is done to the server. `silenced` = everything is halted then: faults and activations have to be refused. */
export type Operation =
  | { readonly kind: 'add'; readonly proxy: string; readonly fault: NewFault; readonly silenced: boolean }
  | { readonly kind: 'update'; readonly proxy: string; readonly fault: string; readonly fields: Fields }
  | { readonly kind: 'remove'; readonly proxy: string; readonly fault: string }
  | { readonly kind: 'toxic'; readonly proxy: string; readonly latency: number; readonly silenced: boolean }
  | { readonly kind: 'untoxic'; readonly proxy: string }
  | { readonly kind: 'save'; readonly profile: string; readonly text: string; readonly how: Saving }
  | { readonly kind: 'spoil'; readonly profile: string; readonly text: string; readonly how: Saving }
  | { readonly kind: 'unlink'; readonly profile: string }
  | { readonly kind: 'put'; readonly profile: string; readonly text: string }
  | { readonly kind: 'activate'; readonly profile: string; readonly ttl: number | undefined }
  | { readonly kind: 'deactivate'; readonly profile: string }
  | { readonly kind: 'halt' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'disable'; readonly proxy: string }
  | { readonly kind: 'enable'; readonly proxy: string }
  | { readonly kind: 'kill'; readonly proxy: string; readonly place: number }
  | { readonly kind: 'guest'; readonly name: string }
  | { readonly kind: 'kill-worker'; readonly worker: number }

/** How an editor writes: over the file, in two steps, or beside it and then in its place. */
export type Saving = 'over' | 'in-two' | 'replace'

export interface Timed {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly operation: Operation
}

export interface ScheduleOptions {
  readonly seed: number
  readonly proxies: readonly string[]
  /** Ports and upstreams for the proxies of profiles, by the name of the profile. */
  readonly spares: Readonly<Record<string, Spare>>
  /** Names of profiles that are put over the API. */
  readonly putProfiles: readonly string[]
  /** Whether there are workers to be killed. */
  readonly workers: boolean
  /** Milliseconds between two operations, on average. */
  readonly mean: number
}

const MOST_FAULTS = 5
/** Names of proxies that come and go. */
export const GUESTS = ['guest-0', 'guest-1', 'guest-2', 'guest-3'] as const
const SLOTS = ['a', 'b', 'c', 'd', 'e', 'f']

/**
 * Everything that is done, in order, for ever: it follows from the seed alone, and never from what the server answers. What the schedule believes to be there
 * may be gone already, by a `ttl` or a limit.
 */
export function* schedule(options: ScheduleOptions): Generator<Timed, never> {
  const model = new Model(options)
  let at = 0
  for (;;) {
    at += model.chance.pause(options.mean)
    yield* model.dueBefore(at)
    const operation = model.next(at)
    if (operation !== undefined) yield { at, operation }
  }
}

interface Known {
  readonly name: string
  readonly type: string
  readonly until: number
}

class Model {
  readonly chance: Chance
  readonly #options: ScheduleOptions
  readonly #faults = new Map<string, Known[]>()
  readonly #later: Timed[] = []
  readonly #files: readonly string[]
  #halted = false

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.chance = new Chance(options.seed, 'weather')
    this.#files = Object.keys(options.spares)
  }

  /** What was begun and has to be ended by then. */
  *dueBefore(at: number): Generator<Timed, void> {
    for (;;) {
      this.#later.sort((one, other) => one.at - other.at)
      const next = this.#later[0]
      if (next === undefined || next.at > at) return
      this.#later.shift()
      if (next.operation.kind === 'resume') this.#halted = false
      yield next
    }
  }

  next(at: number): Operation | undefined {
    const draw = this.chance.number(0, 100)
    if (draw < 50) return this.#fault(at)
    if (draw < 54) return this.#toxic()
    if (draw < 66) return this.#file()
    if (draw < 78) return this.#profile()
    if (draw < 88) return { kind: 'kill', proxy: this.#rough(), place: this.chance.number(0, 1) }
    if (draw < 93) return this.#toggle(at)
    if (draw < 97) return { kind: 'guest', name: this.chance.oneOf(GUESTS) }
    if (draw < 98.5) return this.#halt(at)
    if (draw < 99) return this.#reset()
    if (this.#options.workers) return { kind: 'kill-worker', worker: this.chance.whole(1, 64) }
    return undefined
  }

  #proxy(): string {
    return this.chance.anyOf(this.#options.proxies) ?? ''
  }

  #rough(): string {
    return this.chance.anyOf(this.#options.proxies.filter((name) => !isCalm(name))) ?? ''
  }

  #fault(at: number): Operation | undefined {
    const proxy = this.#proxy()
    const there = (this.#faults.get(proxy) ?? []).filter(({ until }) => until > at)
    this.#faults.set(proxy, there)
    const chosen = this.chance.anyOf(there)
    const draw = this.chance.number(0, 1)
    if (chosen === undefined || (draw < 0.45 && there.length < MOST_FAULTS)) return this.#add(proxy, there, at)
    if (draw < 0.7) {
      return { kind: 'update', proxy, fault: chosen.name, fields: otherFields(chosen.type, this.chance) }
    }
    there.splice(there.indexOf(chosen), 1)
    return { kind: 'remove', proxy, fault: chosen.name }
  }

  #add(proxy: string, there: Known[], at: number): Operation | undefined {
    const slot = SLOTS.find((slot) => !there.some(({ name }) => name.endsWith(`-${slot}`)))
    if (slot === undefined) return undefined
    const fault = newFault(proxy, slot, this.chance)
    if (this.#halted) return { kind: 'add', proxy, fault, silenced: true }
    // A second more than its ttl: it has to be gone before another one takes its name.
    there.push({ name: fault.name, type: fault.type, until: at + (fault.ttl ?? Infinity) + SURELY_GONE })
    return { kind: 'add', proxy, fault, silenced: false }
  }

  #toxic(): Operation {
    const proxy = this.#proxy()
    if (this.chance.happens(0.5)) return { kind: 'untoxic', proxy }
    return { kind: 'toxic', proxy, latency: this.chance.magnitude(100), silenced: this.#halted }
  }

  #file(): Operation {
    const profile = this.chance.anyOf(this.#files) ?? ''
    const how = this.chance.oneOf<Saving>(['over', 'in-two', 'replace'])
    const draw = this.chance.number(0, 1)
    if (draw < 0.2) return { kind: 'spoil', profile, text: invalidProfile(this.chance), how }
    if (draw < 0.3) return { kind: 'unlink', profile }
    return { kind: 'save', profile, text: this.#text(profile), how }
  }

  #profile(): Operation {
    const profile = this.chance.anyOf([...this.#files, ...this.#options.putProfiles]) ?? ''
    const draw = this.chance.number(0, 1)
    if (draw < 0.4) {
      const put = this.chance.anyOf(this.#options.putProfiles) ?? ''
      return { kind: 'put', profile: put, text: this.#text(put) }
    }
    if (draw < 0.75) {
      return { kind: 'activate', profile, ttl: this.chance.happens(0.5) ? this.chance.whole(500, 8000) : undefined }
    }
    return { kind: 'deactivate', profile }
  }

  #text(profile: string): string {
    const spare = this.#options.spares[profile] ?? { port: 0, upstream: '127.0.0.1:9' }
    return validProfile(profile, this.#options.proxies, spare, this.chance)
  }

  #toggle(at: number): Operation {
    const proxy = this.#rough()
    this.#later.push({ at: at + this.chance.whole(50, 1000), operation: { kind: 'enable', proxy } })
    return { kind: 'disable', proxy }
  }

  #halt(at: number): Operation | undefined {
    if (this.#halted) return undefined
    this.#halted = true
    this.#faults.clear()
    this.#later.push({ at: at + this.chance.whole(200, 1500), operation: { kind: 'resume' } })
    return { kind: 'halt' }
  }

  #reset(): Operation {
    this.#faults.clear()
    return { kind: 'reset' }
  }
}

const SURELY_GONE = 1000
