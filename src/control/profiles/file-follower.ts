import { FoulweatherError, problemsOf } from '../../core/errors.ts'
import type { ProfileFile, ProfileSource } from '../../profiles/document.ts'
import type { By } from '../by.ts'
import type { Activations, ActivationsParts } from './activations.ts'
import { Breath } from './breathe.ts'
import type { Followers } from './followers.ts'
import { attempted, takenName } from './problems.ts'
import type { Shelved } from './shelf.ts'
import type { ReloadResult } from './types.ts'
import { problemView } from './view.ts'

export interface FileFollowerParts extends Omit<ActivationsParts, 'turns' | 'registry'> {
  readonly activations: Activations
  readonly followers: Followers
  /** Where profiles come from that are files; absent: there are none. */
  readonly source: ProfileSource | undefined
}

/** Brings profiles in step with their files. Whoever asks for it has the turn. */
export class FileFollower {
  readonly #parts: FileFollowerParts

  constructor(parts: FileFollowerParts) {
    this.#parts = parts
  }

  /**
   * @param follow whether what they say of `active` is done.
   * @throws FoulweatherError `profiles_unreadable`.
   */
  async reload(by: By, follow: boolean): Promise<ReloadResult> {
    const { inForce, marks, shelf, activations, followers, views } = this.#parts
    const files = await this.#read()
    const { changed, wrong } = await this.#shelve(files)
    const removed = await this.#removeMissing(new Set(files.map(({ name }) => name)), by)
    for (const name of removed) changed.add(name)
    const attempt = (name: string, change: () => Promise<unknown>) => attempted(wrong, name, change)
    // Those that go come first: what they let go of may be what others want.
    for (const name of follow ? marks.undone(shelf, false) : []) await attempt(name, () => this.#switchOff(name, by))
    for (const [name, problems] of await followers.followChanges(changed, by)) wrong.set(name, problems)
    for (const name of follow ? marks.undone(shelf, true) : []) {
      marks.retry(name)
      if (wrong.has(name)) continue
      if (!inForce.has(name)) changed.add(name)
      await attempt(name, async () => {
        if (!inForce.has(name)) await activations.activate(name, {}, by, false)
        marks.follow(shelf.get(name))
      })
      const problems = wrong.get(name)
      if (problems !== undefined) marks.refuse(name, problems)
    }
    await this.#look()
    for (const [name, problems] of wrong) views.announceFailure(name, problems, by)
    this.#addKnown(wrong)
    const failed = Array.from(wrong, ([name, problems]) => ({ name, problems: problems.map(problemView) }))
    return { changed: [...changed].filter((name) => !wrong.has(name) && !removed.includes(name)), failed, removed }
  }

  /** Who asks whether all is well gets the same answer however often it is asked; what was wrong before is only not announced again. */
  #addKnown(wrong: Map<string, readonly FoulweatherError[]>): void {
    const { shelf, inForce, marks } = this.#parts
    for (const shelved of shelf.list()) {
      const { name, file, outcome } = shelved
      if (file === undefined || wrong.has(name)) continue
      const own = outcome.ok ? [] : outcome.problems
      const problems = [...own, ...(inForce.find(name)?.problems ?? marks.problemsOf(shelved))]
      if (problems.length > 0) wrong.set(name, problems)
    }
  }

  /** Puts in force the files that say `active: true`. @returns what could not be, and why. */
  async activateMarked(by: By): Promise<readonly { readonly name: string; readonly error: FoulweatherError }[]> {
    const { inForce, marks, shelf, activations } = this.#parts
    const failed: { readonly name: string; readonly error: FoulweatherError }[] = []
    for (const { name, file, outcome } of shelf.list()) {
      // What came over the API is activated by a call, and is bound to what such a call may ask for.
      if (file === undefined || !outcome.ok || !outcome.value.active) continue
      try {
        if (!inForce.has(name)) await activations.activate(name, {}, by, false)
        marks.follow(shelf.get(name))
      } catch (error) {
        if (!(error instanceof FoulweatherError)) throw error
        failed.push({ name, error })
        marks.refuse(name, problemsOf(error))
      }
    }
    return failed
  }

  /** There is no such profile any more; it is not in force. */
  drop(shelved: Shelved, by: By): void {
    const { marks, shelf, views } = this.#parts
    const { name } = shelved
    const before = views.of(shelved)
    shelf.remove(name)
    marks.drop(name)
    views.announce('profile-deleted', name, before, undefined, by)
  }

  async #read(): Promise<readonly ProfileFile[]> {
    try {
      return (await this.#parts.source?.read()) ?? []
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : `the profiles cannot be read: ${String(cause)}`
      throw new FoulweatherError('profiles_unreadable', text, { cause })
    }
  }

  /** Takes the texts. Answers whose may mean something else than before, and which have mistakes. */
  async #shelve(files: readonly ProfileFile[]) {
    const { inForce, shelf } = this.#parts
    // What could not be put in force before may be possible now.
    const behind = inForce.list().filter(({ problems }) => problems.length > 0)
    const changed = new Set(behind.map(({ compiled }) => compiled.name))
    const wrong = new Map<string, readonly FoulweatherError[]>()
    for (const file of files) {
      const before = shelf.find(file.name)
      if (before !== undefined && before.file === undefined) {
        wrong.set(file.name, [takenName(file.name, file.file)])
        continue
      }
      const same = file.text !== undefined && before?.text === file.text && before.file === file.file
      if (same) continue
      const shelved = await shelf.readFile(file)
      changed.add(file.name)
      if (!shelved.outcome.ok) wrong.set(file.name, shelved.outcome.problems)
      shelf.put(shelved)
    }
    return { changed, wrong }
  }

  /** Those whose file is gone go with it. */
  async #removeMissing(there: ReadonlySet<string>, by: By): Promise<readonly string[]> {
    const { shelf, activations } = this.#parts
    const gone = shelf.list().filter(({ name, file }) => file !== undefined && !there.has(name))
    for (const shelved of gone) {
      const reason = by.reason ?? `the file ${shelved.file ?? ''} is gone`
      await activations.takeAway(shelved.name, 'profile-deactivated', { ...by, reason })
      this.drop(shelved, { ...by, reason })
    }
    return gone.map(({ name }) => name)
  }

  /** Its file does not say any more that it is active. @throws FoulweatherError `invalid_profile`: it has mistakes, and stays as it was. */
  async #switchOff(name: string, by: By): Promise<void> {
    const { inForce, marks, shelf, reader, activations } = this.#parts
    const running = inForce.find(name)
    if (running !== undefined) {
      await reader.compiled(shelf.get(name), running.given)
      await activations.takeAway(name, 'profile-deactivated', by)
    }
    marks.follow(shelf.get(name))
  }

  /** Who writes a file that nobody has activated learns of its mistakes before somebody does. */
  async #look(): Promise<void> {
    const { inForce, marks, shelf, reader } = this.#parts
    const breath = new Breath()
    for (const shelved of shelf.list()) {
      await breath.take()
      if (shelved.file === undefined || !shelved.outcome.ok || inForce.has(shelved.name)) continue
      await marks.look(shelf, shelved, (each) => reader.mistakesOf(each))
    }
  }
}
