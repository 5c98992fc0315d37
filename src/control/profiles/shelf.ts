import { FoulweatherError } from '../../core/errors.ts'
import { didYouMean } from '../../faults/nearest.ts'
import type { Outcome, ProfileDocument, ProfileFile } from '../../profiles/document.ts'
import { parseProfileAside } from '../../profiles/parse-aside.ts'

/** A profile as it was last read. */
export interface Shelved {
  readonly name: string
  /** `undefined` = it came from a request. */
  readonly file: string | undefined
  readonly text: string
  readonly outcome: Outcome<ProfileDocument>
  readonly revision: number
}

/** The texts of all profiles, and what stands in them. */
export class Shelf {
  readonly #profiles = new Map<string, Shelved>()
  #revisions = 0

  find(name: string): Shelved | undefined {
    return this.#profiles.get(name)
  }

  /** @throws FoulweatherError `profile_not_found`. */
  get(name: string): Shelved {
    const found = this.#profiles.get(name)
    if (found !== undefined) return found
    const hint = didYouMean(name, [...this.#profiles.keys()])
    throw new FoulweatherError('profile_not_found', `no profile is called ${JSON.stringify(name)}${hint}`, {
      field: 'profile',
      value: name,
    })
  }

  /** In the order of their names. */
  list(): readonly Shelved[] {
    return [...this.#profiles.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What others extend. */
  document(name: string): ProfileDocument | undefined {
    const outcome = this.#profiles.get(name)?.outcome
    return outcome?.ok === true ? outcome.value : undefined
  }

  async read(name: string, text: string, file?: string): Promise<Shelved> {
    const outcome = await parseProfileAside(text, file === undefined ? { name } : { name, file })
    return { name, file, text, outcome, revision: ++this.#revisions }
  }

  /** Of a file that cannot be read, too. */
  async readFile({ name, file, text, problem }: ProfileFile): Promise<Shelved> {
    if (text !== undefined) return this.read(name, text, file)
    const error = new FoulweatherError('invalid_profile', `${file}: ${problem ?? 'it cannot be read'}`, {
      field: 'file',
      value: file,
      expected: 'a file that can be read',
      place: { file, line: 1, column: 1 },
    })
    return { name, file, text: '', outcome: { ok: false, problems: [error] }, revision: ++this.#revisions }
  }

  put(profile: Shelved): void {
    this.#profiles.set(profile.name, profile)
  }

  remove(name: string): void {
    this.#profiles.delete(name)
  }

  /** The names that what a profile says depends on: its own, and those of all that it extends. */
  closure(name: string): ReadonlySet<string> {
    const names = new Set<string>()
    const waiting = [name]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (names.has(next)) continue
      names.add(next)
      waiting.push(...(this.document(next)?.extends ?? []))
    }
    return names
  }
}
