import { FoulweatherError } from '../../core/errors.ts'
import { defined } from '../../core/defined.ts'
import type { FaultLimits, Protocol } from '../../core/plan.ts'
import { compilePattern, type Matches } from '../../core/pattern.ts'
import { didYouMean } from '../../faults/nearest.ts'
import type { Entry, FaultEntry, ResolvedProfile } from '../../profiles/document.ts'
import { placed } from '../../profiles/placed.ts'
import { type AllowedFiles, namesFaultFile, withFaultFiles, withProxyFiles } from '../allowed-files.ts'
import type { Fields, WantedFault } from '../fault-input.ts'
import { readFault } from '../fault-input.ts'
import { refuseWithoutTls } from '../fault-list.ts'
import { readProxy } from '../proxy-document.ts'
import { type NewProxy, refuseUnusableName } from '../proxy-input.ts'
import type { Authority } from '../tls-input.ts'
import { Breath } from './breathe.ts'
import { ListenPlaces } from './listen-places.ts'

/** What a proxy has to be for a fault to be read. */
export type Target = Pick<NewProxy, 'name' | 'protocol' | 'tls'>

/** A proxy as a profile wants it. */
export interface WantedProxy {
  readonly input: NewProxy
  readonly entry: Entry
}

/** A fault as a profile wants it, on one proxy. */
export interface ProfileFault {
  readonly wanted: WantedFault
  /** Milliseconds. */
  readonly ttl: number | undefined
  readonly entry: FaultEntry
}

/** A profile in base units, and which of its faults belongs where. */
export interface CompiledProfile {
  readonly name: string
  readonly resolved: ResolvedProfile
  readonly limits: FaultLimits | undefined
  readonly proxies: ReadonlyMap<string, WantedProxy>
  /** By proxy, in the order of the document. */
  readonly faults: ReadonlyMap<string, readonly ProfileFault[]>
  /** What was perhaps not meant: a glob that names nothing. */
  readonly warnings: readonly string[]
}

export interface CompileContext {
  /** The proxies that there are, or will be when it is in force, besides its own. */
  readonly others: ReadonlyMap<string, Target>
  readonly files: AllowedFiles
  readonly authority: () => Authority | undefined
  /** A name of a proxy that nobody knows is a mistake; otherwise it is a warning. */
  readonly strict: boolean
}

const MOST_PROBLEMS = 50

/** @throws FoulweatherError `invalid_profile` with everything that is wrong. */
export async function compileProfile(resolved: ResolvedProfile, context: CompileContext): Promise<CompiledProfile> {
  const problems: FoulweatherError[] = []
  const breath = new Breath()
  const note = (error: unknown, entry: Entry): void => {
    if (!(error instanceof FoulweatherError)) throw error
    problems.push(placed(error, entry))
  }
  const proxies = new Map<string, WantedProxy>()
  const places = new ListenPlaces()
  /** What is on these is not known; that they are wrong is said already. */
  const refused = new Set<string>()
  for (const [name, entry] of resolved.proxies) {
    await breath.take()
    if (problems.length >= MOST_PROBLEMS) break
    try {
      const fields = await withProxyFiles(entry.fields, context.files)
      refuseUnusableName(name)
      const input = readProxy({ ...fields, name }, context.authority)
      places.add(input)
      proxies.set(name, { entry, input })
    } catch (error) {
      refused.add(name)
      note(error, entry)
    }
  }
  const targets = new Targets(context.others, proxies, refused)
  const faults = new Map<string, ProfileFault[]>()
  const warnings: string[] = []
  for (const entry of resolved.faults) {
    await breath.take()
    if (problems.length >= MOST_PROBLEMS) break
    try {
      const on = targets.namedBy(entry, context.strict, warnings)
      const read = new FaultReader(entry, context.files)
      if (on.length === 0) await readAnyhow(read)
      for (const target of on) {
        const fault = await read.as(target.protocol)
        refuseWithoutTls(target, fault.wanted.type)
        const list = faults.get(target.name) ?? []
        refuseSecond(fault, list)
        list.push(fault)
        faults.set(target.name, list)
      }
    } catch (error) {
      note(error, entry)
    }
  }
  if (problems.length > 0) throw invalidProfile(resolved.name, problems)
  return { name: resolved.name, resolved, limits: resolved.limits, proxies, faults, warnings }
}

/** One error that carries all of them; its own text is that of the first. */
export function invalidProfile(name: string, problems: readonly FoulweatherError[]): FoulweatherError {
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new FoulweatherError('invalid_profile', `profile ${name}: ${first?.message ?? 'it has mistakes'}${more}`, {
    ...defined({ field: first?.field, expected: first?.expected, place: first?.place }),
    value: first?.value,
    problems,
  })
}

/** Reads a fault once for each protocol that it meets. */
class FaultReader {
  readonly #entry: FaultEntry
  readonly #files: AllowedFiles
  readonly #read = new Map<Protocol, ProfileFault>()
  #fields: Fields | undefined

  constructor(entry: FaultEntry, files: AllowedFiles) {
    this.#entry = entry
    this.#files = files
  }

  async as(protocol: Protocol): Promise<ProfileFault> {
    const known = this.#read.get(protocol)
    if (known !== undefined) return known
    this.#fields ??= await this.#withFiles()
    const { wanted, ttl, lease } = readFault(this.#fields, '', protocol)
    if (lease !== undefined) {
      const text = 'lease: a fault of a profile is not renewed by itself; give the lease to the profile'
      throw new FoulweatherError('invalid_value', text, { field: 'lease', value: lease, expected: 'nothing' })
    }
    const fault = { wanted, ttl, entry: this.#entry }
    this.#read.set(protocol, fault)
    return fault
  }

  async #withFiles(): Promise<Fields> {
    const { on: _on, ...fields } = this.#entry.fields
    return namesFaultFile(fields) ? withFaultFiles(fields, fields['type'], this.#files) : fields
  }
}

/** Where no proxy is named that is there, either protocol will do; HTTP knows all that TCP does, and says what is wrong. */
async function readAnyhow(read: FaultReader): Promise<void> {
  try {
    await read.as('tcp')
  } catch {
    await read.as('http')
  }
}

function refuseSecond({ wanted, entry }: ProfileFault, others: readonly ProfileFault[]): void {
  const same = others.find((other) => other.wanted.name === wanted.name)
  if (same === undefined) return
  const text = `name: ${same.entry.path} of this profile is called ${JSON.stringify(wanted.name)} on the same proxy; give ${entry.path} another name`
  throw new FoulweatherError('invalid_value', text, {
    field: 'name',
    value: wanted.name,
    expected: 'a name of its own',
  })
}

/** The proxies that faults can be on. */
class Targets {
  readonly #targets: ReadonlyMap<string, Target>
  readonly #refused: ReadonlySet<string>

  constructor(
    others: ReadonlyMap<string, Target>,
    own: ReadonlyMap<string, WantedProxy>,
    refused: ReadonlySet<string>,
  ) {
    this.#refused = refused
    this.#targets = new Map([...others, ...Array.from(own, ([name, { input }]) => [name, input] as const)])
  }

  namedBy(entry: FaultEntry, strict: boolean, warnings: string[]): readonly Target[] {
    const found = new Set<Target>()
    for (const name of entry.on) {
      const matches = this.#matches(name)
      for (const target of matches) found.add(target)
      if (matches.length > 0 || this.#refused.has(name)) continue
      const hint = didYouMean(name, [...this.#targets.keys()])
      const text = `no proxy is called ${JSON.stringify(name)}${hint}`
      if (isGlob(name) || !strict) warnings.push(`${entry.path}.on: ${text}`)
      else {
        const expected = 'the name of a proxy of this profile or of one that there is, or a glob such as "pg-*"'
        throw new FoulweatherError('invalid_value', `on: ${text}`, { field: 'on', value: name, expected })
      }
    }
    return [...found]
  }

  #matches(name: string): readonly Target[] {
    const one = this.#targets.get(name)
    if (one !== undefined) return [one]
    if (!isGlob(name)) return []
    const matches = globs(name)
    return [...this.#targets.values()].filter((target) => matches(target.name))
  }
}

export function isGlob(name: string): boolean {
  return /[*?]/.test(name)
}

/** @throws FoulweatherError `invalid_value`. */
function globs(name: string): Matches {
  return compilePattern(name)
}
