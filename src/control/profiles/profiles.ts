import { FoulweatherError, problemsOf } from '../../core/errors.ts'
import type { ProfileSource } from '../../profiles/document.ts'
import { type By, refuseStale } from '../by.ts'
import type { Fields } from '../fault-input.ts'
import { renewed } from '../lifetime.ts'
import { refuseUnusableName } from '../proxy-input.ts'
import type { Registry } from '../registry.ts'
import { readActivation } from './activation.ts'
import { Activations } from './activations.ts'
import { stepsFor } from './apply.ts'
import { invalidProfile } from './compile.ts'
import { diffOf } from './diff.ts'
import { exportFields } from './export.ts'
import { FileFollower } from './file-follower.ts'
import { FileMarks } from './file-marks.ts'
import { Followers } from './followers.ts'
import { InForce, type Vars } from './in-force.ts'
import { NewProxies } from './new-proxies.ts'
import { refuseFile } from './problems.ts'
import { ProfileReader, type ReaderOptions } from './profile-reader.ts'
import { ProfileViews } from './profile-views.ts'
import { Shelf } from './shelf.ts'
import { Turns } from './turns.ts'
import type { Activation, DiffEntry, ProfilesControl, ProfileView, ReloadResult } from './types.ts'
import { problemView } from './view.ts'

export interface ProfilesOptions extends ReaderOptions {
  readonly registry: Registry
  /** Where profiles come from that are files. Default: there are none. */
  readonly source?: ProfileSource | undefined
}

/**
 * Profiles: their texts, and which of them are in force. Changes to profiles are made one after another; those to single proxies that come of them
 * wait in the queue of that proxy, as all others do.
 */
export class Profiles implements ProfilesControl {
  readonly #registry: Registry
  readonly #shelf = new Shelf()
  readonly #inForce: InForce
  readonly #views: ProfileViews
  readonly #turns: Turns
  readonly #reader: ProfileReader
  readonly #marks = new FileMarks()
  readonly #activations: Activations
  readonly #followers: Followers
  readonly #files: FileFollower

  constructor(options: ProfilesOptions) {
    const { registry, source } = options
    const shelf = this.#shelf
    const marks = this.#marks
    const inForce = new InForce(registry)
    const views = new ProfileViews(registry, inForce, marks)
    const turns = new Turns(views)
    const reader = new ProfileReader(shelf, options, (name) => inForce.targets(name))
    const parts = { registry, shelf, inForce, views, turns, reader, marks }
    const activations = new Activations(parts)
    const followers = new Followers(parts, activations)
    this.#registry = registry
    this.#inForce = inForce
    this.#views = views
    this.#turns = turns
    this.#reader = reader
    this.#activations = activations
    this.#followers = followers
    this.#files = new FileFollower({ ...parts, activations, followers, source })
    new NewProxies({ ...parts, followers }).watch()
  }

  list(): readonly ProfileView[] {
    return this.#shelf.list().map((shelved) => this.#views.of(shelved))
  }

  get(name: string): ProfileView {
    return this.#views.of(this.#shelf.get(name))
  }

  text(name: string): string {
    return this.#shelf.get(name).text
  }

  /** Those in force, with what was said when they were activated; in that order. */
  active(): readonly { readonly name: string; readonly vars: Vars; readonly lasting: boolean }[] {
    return this.#inForce.list().map(({ compiled, given, lifetime }) => ({
      name: compiled.name,
      vars: given,
      lasting: lifetime === undefined,
    }))
  }

  put(name: string, text: string, by: By = {}): Promise<{ readonly profile: ProfileView; readonly created: boolean }> {
    return this.#turns.take(async () => {
      refuseUnusableName(name)
      const before = this.#shelf.find(name)
      refuseStale(`profile ${name}`, before?.revision ?? 0, by)
      refuseFile(before)
      const shelved = await this.#shelf.read(name, text)
      if (!shelved.outcome.ok) throw invalidProfile(name, shelved.outcome.problems)
      const mistakes = await this.#reader.mistakesOf(shelved)
      if (mistakes.length > 0) throw invalidProfile(name, mistakes)
      const was = before && this.#views.of(before)
      this.#shelf.put(shelved)
      try {
        await this.#followers.bringInStep(new Set([name]), by)
      } catch (error) {
        if (before === undefined) this.#shelf.remove(name)
        else this.#shelf.put(before)
        throw error
      }
      this.#views.announce('profile-put', name, was, shelved, by)
      return { profile: this.#views.of(shelved), created: before === undefined }
    })
  }

  remove(name: string, by: By = {}): Promise<void> {
    return this.#turns.take(async () => {
      const shelved = this.#shelf.get(name)
      refuseStale(`profile ${name}`, shelved.revision, by)
      refuseFile(shelved)
      await this.#activations.takeAway(name, 'profile-deactivated', by)
      this.#files.drop(shelved, by)
    })
  }

  activate(name: string, activation: Activation = {}, by: By = {}): Promise<ProfileView> {
    return this.#activate(name, activation, by, true)
  }

  /** As `activate`, for whoever runs the server: bounds of lifetimes are not theirs; while everything is halted, proxies come without faults. */
  activateAtStart(name: string, activation: Activation = {}, by: By = {}): Promise<ProfileView> {
    return this.#activate(name, activation, by, false)
  }

  deactivate(name: string, by: By = {}): Promise<ProfileView> {
    return this.#turns.take(async () => {
      const shelved = this.#shelf.get(name)
      refuseStale(`profile ${name}`, shelved.revision, by)
      await this.#activations.takeAway(name, 'profile-deactivated', by)
      this.#marks.follow(shelved)
      return this.#views.of(shelved)
    })
  }

  renew(name: string, by: By = {}): Promise<ProfileView> {
    return this.#turns.take(async () => {
      const shelved = this.#shelf.get(name)
      const running = this.#inForce.find(name)
      const lifetime = renewed(running?.lifetime, this.#registry.clock)
      if (running === undefined || lifetime === undefined) {
        const why = running === undefined ? 'is not active' : 'has no lease'
        throw new FoulweatherError('no_lease', `profile ${JSON.stringify(name)} ${why}`, {
          field: 'profile',
          value: name,
        })
      }
      const before = this.#views.of(shelved)
      this.#activations.last(running, lifetime)
      this.#views.announce('profile-renewed', name, before, shelved, by)
      return this.#views.of(shelved)
    })
  }

  /** Reads the files without putting anything in force that is not. */
  load(by: By = {}): Promise<ReloadResult> {
    return this.#turns.take(() => this.#files.reload(by, false))
  }

  reload(by: By = {}): Promise<ReloadResult> {
    return this.#turns.take(() => this.#files.reload(by, true))
  }

  /**
   * Puts in force what says `active: true`, as the server does when it starts.
   *
   * @returns what could not be, and why.
   */
  activateMarked(by: By = {}): Promise<readonly { readonly name: string; readonly error: FoulweatherError }[]> {
    return this.#turns.take(() => this.#files.activateMarked(by))
  }

  async diff(name: string, activation: Activation = {}, text?: string): Promise<readonly DiffEntry[]> {
    return this.#turns.take(async () => {
      const shelved = text === undefined ? this.#shelf.get(name) : await this.#shelf.read(name, text)
      const compiled = await this.#reader.compiled(shelved, this.#varsOf(name, activation))
      await this.#inForce.refuseConflicts(compiled)
      const context = this.#inForce.contextWith(compiled)
      const steps = await stepsFor(this.#registry, this.#inForce.concerned(compiled), context)
      return steps.flatMap(diffOf)
    })
  }

  async validate(name: string, text: string, activation: Activation = {}) {
    return this.#turns.take(async () => {
      try {
        const shelved = await this.#shelf.read(name, text)
        const compiled = await this.#reader.compiled(shelved, this.#varsOf(name, activation))
        await this.#inForce.refuseConflicts(compiled)
        return { problems: [], warnings: compiled.warnings }
      } catch (error) {
        if (!(error instanceof FoulweatherError)) throw error
        return { problems: problemsOf(error).map(problemView), warnings: [] }
      }
    })
  }

  export(secrets: boolean): Fields {
    return exportFields(this.#registry.list(), secrets, this.#registry.clock)
  }

  /** Everything was halted: none is in force any more, and their proxies stay. Answers their names. */
  forgetActive(): readonly string[] {
    const names = this.#inForce.names()
    for (const name of names) this.#activations.forget(name)
    return names
  }

  /** Nothing happens by itself any more. */
  close(): void {
    this.#turns.close()
    this.#activations.close()
  }

  #activate(name: string, activation: Activation, by: By, policed: boolean): Promise<ProfileView> {
    return this.#turns.take(async () => {
      await this.#activations.activate(name, activation, by, policed)
      return this.#views.of(this.#shelf.get(name))
    })
  }

  #varsOf(name: string, activation: Activation): Vars {
    return readActivation(activation).vars ?? this.#inForce.find(name)?.given ?? {}
  }
}
