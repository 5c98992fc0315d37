import type { By } from '../by.ts'
import { refuseStale } from '../by.ts'
import { endedBy, lifetimeOf } from '../lifetime.ts'
import type { Lifetime } from '../records.ts'
import type { Registry } from '../registry.ts'
import { readActivation } from './activation.ts'
import { ActivationTimers } from './activation-timers.ts'
import { applySteps } from './apply.ts'
import type { FileMarks } from './file-marks.ts'
import type { InForce, Running } from './in-force.ts'
import { forgetExpired, noteExpired, stillOver, type WithOver } from './over.ts'
import type { ProfileReader } from './profile-reader.ts'
import type { ProfileViews } from './profile-views.ts'
import type { Shelf } from './shelf.ts'
import type { StepContext } from './steps.ts'
import type { Turns } from './turns.ts'
import type { Activation } from './types.ts'

export interface ActivationsParts {
  readonly registry: Registry
  readonly shelf: Shelf
  readonly inForce: InForce
  readonly marks: FileMarks
  readonly views: ProfileViews
  readonly reader: ProfileReader
  readonly turns: Turns
}

/** Puts profiles in force and takes them away, also when their time is over. Whoever asks for it has the turn. */
export class Activations {
  readonly #parts: ActivationsParts
  readonly #timers: ActivationTimers
  /** What is being put in force: faults of it may end before it all is. */
  #coming: WithOver | undefined

  constructor(parts: ActivationsParts) {
    this.#parts = parts
    const { registry, inForce } = parts
    this.#timers = new ActivationTimers(registry.clock, (name) => this.#expire(name))
    registry.events.on('changed', ({ action, proxy = '', fault = '' }) => {
      const coming = this.#coming === undefined ? [] : [this.#coming]
      if (action === 'fault-expired') noteExpired([...inForce.list(), ...coming], proxy, fault)
      if (action === 'proxy-deleted') forgetExpired(inForce.list(), proxy)
    })
  }

  /**
   * @param policed whether bounds of lifetimes hold, and a halt refuses.
   * @throws FoulweatherError as `ProfilesControl.activate`; everything is as before then.
   */
  async activate(name: string, activation: Activation, by: By, policed: boolean): Promise<void> {
    const { registry, shelf, inForce, marks, views, reader } = this.#parts
    const { safety, clock } = registry
    if (policed) safety.refuseFaults()
    const shelved = shelf.get(name)
    refuseStale(`profile ${name}`, shelved.revision, by)
    const { ttl, lease, vars } = readActivation(activation)
    const given = vars ?? inForce.find(name)?.given ?? {}
    const compiled = await reader.compiled(shelved, given)
    const { resolved } = compiled
    const lasts = { ttl: ttl ?? resolved.ttl, lease: lease ?? resolved.lease }
    const lifetime = lifetimeOf(lasts, policed ? safety.policy : {}, clock)
    await inForce.refuseConflicts(compiled)
    const before = views.of(shelved)
    if (policed) safety.refuseFaults()
    const running: Running = { compiled, given, lifetime, since: Date.now(), problems: [], over: new Map() }
    const halted = await this.#apply(running, inForce.contextWith(compiled, { anew: true }), by)
    if (halted) {
      // The registry has left the faults out meanwhile, or before.
      if (policed) safety.refuseFaults()
      return
    }
    inForce.set(running)
    marks.follow(shelved)
    this.#timers.watch(name, lifetime)
    views.announce('profile-activated', name, before, shelved, by)
  }

  /** Nothing to do where it is not in force, and has left nothing. */
  async takeAway(name: string, action: 'profile-deactivated' | 'profile-expired', by: By): Promise<void> {
    const { registry, shelf, inForce, views } = this.#parts
    const shelved = shelf.find(name)
    const running = inForce.find(name)
    const before = shelved && views.of(shelved)
    const names = inForce.concerned(running?.compiled, name)
    await applySteps(registry, names, { active: inForce.others(name), subjects: new Set([name]) }, by)
    if (running === undefined) return
    this.forget(name)
    views.announce(action, name, before, shelved, by)
  }

  /** Brings one that is in force in step with what is said of it now. @throws FoulweatherError as `applySteps`. */
  async put(running: Running, by: By): Promise<void> {
    const { inForce } = this.#parts
    const { compiled } = running
    const over = stillOver(compiled, running.over)
    const next = { ...running, over }
    const halted = await this.#apply(next, inForce.contextWith(compiled, { over }), by)
    // A halt meanwhile has deactivated it.
    if (!halted && inForce.has(compiled.name)) inForce.set(next)
  }

  /** Its time is another one from now on. */
  last(running: Running, lifetime: Lifetime): void {
    this.#parts.inForce.set({ ...running, lifetime })
    this.#timers.watch(running.compiled.name, lifetime)
  }

  /** It is in force no more, whatever it has left. */
  forget(name: string): void {
    this.#parts.inForce.delete(name)
    this.#timers.unwatch(name)
  }

  /** None ends by itself any more. */
  close(): void {
    this.#timers.close()
  }

  /** Answers whether there was a halt before it was done: none of its faults is there then, and it is not in force. */
  async #apply(running: WithOver, context: StepContext, by: By): Promise<boolean> {
    const { registry, inForce } = this.#parts
    const { compiled } = running
    const { clearings, safety } = registry
    this.#coming = running
    try {
      await applySteps(registry, inForce.concerned(compiled), context, by)
    } finally {
      this.#coming = undefined
    }
    if (safety.halt !== undefined) return true
    if (clearings === registry.clearings) return false
    // It is over already: what came behind it belongs to nobody.
    const active = [...inForce.others(compiled.name), { ...compiled, faults: new Map() }]
    await applySteps(registry, inForce.concerned(compiled), { active, subjects: new Set([compiled.name]) }, by)
    return true
  }

  #expire(name: string): void {
    const { registry, inForce, turns } = this.#parts
    void turns.byItself(name, async () => {
      const lifetime = inForce.find(name)?.lifetime
      const { clock } = registry
      if (lifetime === undefined) return
      if (lifetime.until > clock.now()) this.#timers.watch(name, lifetime)
      else await this.takeAway(name, 'profile-expired', { reason: endedBy(lifetime, clock) })
    })
  }
}
