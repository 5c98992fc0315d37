import { dirname } from 'node:path'
import { AllowedFiles } from '../control/allowed-files.ts'
import { compileProfile } from '../control/profiles/compile.ts'
import { problemView } from '../control/profiles/view.ts'
import { FoulweatherError, problemsOf } from '../core/errors.ts'
import type { ProfileDocument, ProfileFile } from '../profiles/document.ts'
import { ProfileFiles } from '../profiles/files/profile-files.ts'
import { parseProfile } from '../profiles/parse.ts'
import { resolveProfile } from '../profiles/resolve.ts'
import type { ShownProblem } from './problem-text.ts'
import type { Vars } from './option-values.ts'

/** What is wrong with one profile. */
export interface Validated {
  readonly file: string
  readonly valid: boolean
  readonly problems: readonly ShownProblem[]
  readonly warnings: readonly string[]
}

export interface Surroundings {
  readonly vars: Vars
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory below which profiles may name files; `undefined` = they may name none. */
  readonly filesDir: string | undefined
}

/** Checks profiles as the server would that has no proxies but theirs: of those that are not known it cannot say that they are missing. */
export async function validateHere(files: readonly ProfileFile[], around: Surroundings): Promise<readonly Validated[]> {
  const libraries = new Map<string, Library>()
  const found: Validated[] = []
  for (const each of files) {
    const dir = dirname(each.file)
    const library = libraries.get(dir) ?? (await Library.of(dir))
    libraries.set(dir, library)
    found.push(await validate(each, library, around, files.length === 1))
  }
  return found
}

async function validate(file: ProfileFile, library: Library, around: Surroundings, alone: boolean): Promise<Validated> {
  try {
    const warnings = await warningsOf(file, library, around, alone)
    return { file: file.file, valid: true, problems: [], warnings }
  } catch (error) {
    if (!(error instanceof FoulweatherError)) throw error
    const problems = problemsOf(error)
    return { file: file.file, valid: false, problems: problems.map(problemView), warnings: [] }
  }
}

/** @throws FoulweatherError with everything that is wrong. */
async function warningsOf(
  { name, file, text, problem = 'it cannot be read' }: ProfileFile,
  library: Library,
  { vars: given, env, filesDir }: Surroundings,
  alone: boolean,
): Promise<readonly string[]> {
  if (text === undefined) throw new FoulweatherError('invalid_profile', problem)
  const document = good(parseProfile(text, { name, file }))
  const find = (other: string) => (other === name ? document : library.find(other))
  const vars = alone ? given : varsOf(document, find, given)
  const resolved = good(resolveProfile(document, { find, names: library.names, vars, env }))
  const { warnings } = await compileProfile(resolved, {
    others: new Map(),
    files: new AllowedFiles(filesDir),
    // Whether there is one, only the server knows.
    authority: () => ({ cert: '', key: '' }),
    strict: false,
  })
  return warnings
}

function good<T>(outcome: { ok: true; value: T } | { ok: false; problems: readonly FoulweatherError[] }): T {
  if (outcome.ok) return outcome.value
  throw new FoulweatherError('invalid_profile', 'the profile has mistakes', { problems: outcome.problems })
}

/** Of several files, each has its own variables: those that it does not know are meant for others. */
function varsOf(document: ProfileDocument, find: Find, vars: Vars): Vars {
  const known = new Set<string>()
  const seen = new Set<string>()
  const waiting: (ProfileDocument | undefined)[] = [document]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (next === undefined || seen.has(next.name)) continue
    seen.add(next.name)
    for (const name of next.vars.keys()) known.add(name)
    waiting.push(...next.extends.map(find))
  }
  return Object.fromEntries(Object.entries(vars).filter(([name]) => known.has(name)))
}

type Find = (name: string) => ProfileDocument | undefined

/** The profiles of a directory, which those in it may extend. Each is read when it is asked for. */
class Library {
  readonly #files: ReadonlyMap<string, ProfileFile>
  readonly #documents = new Map<string, ProfileDocument | undefined>()

  private constructor(files: readonly ProfileFile[]) {
    this.#files = new Map(files.map((file) => [file.name, file]))
  }

  static async of(dir: string): Promise<Library> {
    try {
      return new Library(await new ProfileFiles({ dir }).read())
    } catch {
      // A directory that may not be listed, or has far more in it than profiles: then there is nothing to extend.
      return new Library([])
    }
  }

  get names(): readonly string[] {
    return [...this.#files.keys()]
  }

  find(name: string): ProfileDocument | undefined {
    if (!this.#documents.has(name)) this.#documents.set(name, this.#parse(name))
    return this.#documents.get(name)
  }

  #parse(name: string): ProfileDocument | undefined {
    const { text, file } = this.#files.get(name) ?? {}
    if (text === undefined || file === undefined) return undefined
    const outcome = parseProfile(text, { name, file })
    return outcome.ok ? outcome.value : undefined
  }
}
