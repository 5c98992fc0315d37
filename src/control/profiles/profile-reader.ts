import { FoulweatherError, problemsOf } from '../../core/errors.ts'
import type { Outcome, ProfileDocument, ResolvedProfile, VarValue } from '../../profiles/document.ts'
import { resolveProfile } from '../../profiles/resolve.ts'
import type { AllowedFiles } from '../allowed-files.ts'
import type { Authority } from '../tls-input.ts'
import { type CompiledProfile, compileProfile, invalidProfile, type Target } from './compile.ts'
import type { Shelf, Shelved } from './shelf.ts'

export interface ReaderOptions {
  readonly files: AllowedFiles
  readonly authority: () => Authority | undefined
  /** Values of variables, for every profile that has one of that name. */
  readonly vars?: Readonly<Record<string, VarValue>> | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Proxies and faults together; a profile with more is looked at when it is activated alone: that takes as long again. */
const MOST_LOOKED_AT = 250

/** Reads what a profile says: put together with what it extends, its variables in their places, in base units. */
export class ProfileReader {
  readonly #shelf: Shelf
  readonly #options: ReaderOptions
  readonly #targets: (name: string) => ReadonlyMap<string, Target>

  /** @param targets the proxies that there are without a profile. */
  constructor(shelf: Shelf, options: ReaderOptions, targets: (name: string) => ReadonlyMap<string, Target>) {
    this.#shelf = shelf
    this.#options = options
    this.#targets = targets
  }

  /**
   * As it is to be in force.
   *
   * @param given values of variables that the activation says.
   * @throws FoulweatherError `invalid_profile` with everything that is wrong.
   */
  async compiled({ name, outcome }: Shelved, given: Readonly<Record<string, VarValue>>): Promise<CompiledProfile> {
    if (!outcome.ok) throw invalidProfile(name, outcome.problems)
    const resolved = this.#resolved(outcome.value, given)
    if (!resolved.ok) throw invalidProfile(name, resolved.problems)
    return compileProfile(resolved.value, { ...this.#allowed, others: this.#targets(name), strict: true })
  }

  /**
   * What would be wrong however it is activated, as far as that can be said: what an activation may still say, and profiles and proxies that may
   * still come, are no mistakes. Mistakes of the text itself are told elsewhere.
   */
  async mistakesOf({ outcome }: Shelved): Promise<readonly FoulweatherError[]> {
    if (!outcome.ok) return []
    const lineage = this.#lineageOf(outcome.value)
    if (!lineage.isWhole || sizeOf(lineage.documents) > MOST_LOOKED_AT) return []
    const resolved = this.#resolved(outcome.value, {})
    if (!resolved.ok) {
      // What has no value yet makes others look wrong that are not.
      const isUnset = resolved.problems.some(({ code }) => code === 'missing_field')
      return isUnset ? [] : resolved.problems
    }
    try {
      // Its own proxies alone: what others are now they need not be when it is activated.
      await compileProfile(resolved.value, { ...this.#allowed, others: new Map(), strict: false })
      return []
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      // What is missing of a proxy may be what those are to say that extend it.
      return problemsOf(error).filter(
        ({ code, field }) => code !== 'missing_field' || field?.startsWith('proxies.') !== true,
      )
    }
  }

  get #allowed(): Pick<ReaderOptions, 'files' | 'authority'> {
    const { files, authority } = this.#options
    return { files, authority }
  }

  #resolved(document: ProfileDocument, given: Readonly<Record<string, VarValue>>): Outcome<ResolvedProfile> {
    const { documents } = this.#lineageOf(document)
    const known = new Set(documents.flatMap((each) => [...each.vars.keys()]))
    const everywhere = Object.entries(this.#options.vars ?? {}).filter(([name]) => known.has(name))
    const vars = { ...Object.fromEntries(everywhere), ...given }
    // Whoever may send a profile is not for that allowed to read the environment of the server, which may hold passwords: nor what a file
    // puts into it that extends it, as all of them share their variables.
    const env = documents.every(({ file }) => file !== undefined) ? (this.#options.env ?? {}) : {}
    const shelf = this.#shelf
    return resolveProfile(document, {
      find: this.#finder(document),
      vars,
      env,
      // Sorting them for each of a thousand files would take longer than all the rest: only who misses one asks.
      get names() {
        return shelf.list().map(({ name }) => name)
      },
    })
  }

  /** A profile and all that it extends, in no order; `isWhole`: none of these is missing. */
  #lineageOf(document: ProfileDocument): { readonly documents: readonly ProfileDocument[]; readonly isWhole: boolean } {
    const find = this.#finder(document)
    const seen = new Set<ProfileDocument>()
    const waiting = [document]
    let isWhole = true
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      const found = next.extends.map(find)
      isWhole &&= !found.includes(undefined)
      waiting.push(...found.filter((each) => each !== undefined))
    }
    return { documents: [...seen], isWhole }
  }

  /** The document may be another one than that which is on the shelf by its name. */
  #finder(document: ProfileDocument): (name: string) => ProfileDocument | undefined {
    return (name) => (name === document.name ? document : this.#shelf.document(name))
  }
}

function sizeOf(documents: readonly ProfileDocument[]): number {
  return documents.reduce((sum, { proxies, faults }) => sum + proxies.size + faults.length, 0)
}
