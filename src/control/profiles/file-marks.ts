import type { FoulweatherError } from '../../core/errors.ts'
import type { Shelf, Shelved } from './shelf.ts'

interface Mistakes {
  /** The text that has them, as the revisions of all that it depends on. */
  readonly of: string
  readonly revision: number
  readonly problems: readonly FoulweatherError[]
}

/** What files say of `active`, how far that has been done, and why those are not in force that are not. */
export class FileMarks {
  /** What they say, as far as it has been done: what somebody has switched on or off since then stays so. */
  readonly #done = new Map<string, boolean>()
  /** Why those are not in force that say that they are to be. */
  readonly #refusals = new Map<string, readonly FoulweatherError[]>()
  /** Of those that nobody has activated. */
  readonly #mistakes = new Map<string, Mistakes>()

  /** Files whose `active` says something else than what has been done. */
  undone(shelf: Shelf, active: boolean): readonly string[] {
    return shelf
      .list()
      .filter(({ name, file, outcome }) => {
        const says = file !== undefined && outcome.ok ? outcome.value.active : undefined
        return says === active && says !== (this.#done.get(name) ?? false)
      })
      .map(({ name }) => name)
  }

  /** What its file says of `active` is what is wanted no more than this, until it says something else. */
  follow({ name, file, outcome }: Shelved): void {
    this.#refusals.delete(name)
    if (file !== undefined && outcome.ok) this.#done.set(name, outcome.value.active)
  }

  refuse(name: string, problems: readonly FoulweatherError[]): void {
    this.#refusals.set(name, problems)
  }

  /** It is tried anew. */
  retry(name: string): void {
    this.#refusals.delete(name)
  }

  /** Looks for mistakes where the text, or one that it depends on, has changed since it was last looked at. */
  async look(
    shelf: Shelf,
    shelved: Shelved,
    mistakesOf: (shelved: Shelved) => Promise<readonly FoulweatherError[]>,
  ): Promise<void> {
    const { name, revision } = shelved
    const of = Array.from(shelf.closure(name), (each) => `${each}:${shelf.find(each)?.revision ?? 0}`).join('/')
    if (this.#mistakes.get(name)?.of === of) return
    this.#mistakes.set(name, { of, revision, problems: await mistakesOf(shelved) })
  }

  /** What is wrong with one that is not in force, besides its text itself. */
  problemsOf({ name, revision }: Shelved): readonly FoulweatherError[] {
    const refusals = this.#refusals.get(name)
    const mistakes = this.#mistakes.get(name)
    return refusals ?? (mistakes?.revision === revision ? mistakes.problems : [])
  }

  drop(name: string): void {
    this.#done.delete(name)
    this.#refusals.delete(name)
    this.#mistakes.delete(name)
  }
}
