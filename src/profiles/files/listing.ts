import { opendir, realpath } from 'node:fs/promises'
import { basename, dirname, join, parse } from 'node:path'

/** Where profiles are looked for. Paths are shown as they are given. */
export interface ProfilePlaces {
  /** Every `*.yaml`, `*.yml` and `*.json` directly in it, hidden ones left out. */
  readonly dir?: string
  /** Single files beside it, whatever their ending. */
  readonly files?: readonly string[]
}

/** A file that should hold a profile; it has not been opened yet. */
export interface Listed {
  /** Of the profile. */
  readonly name: string
  readonly file: string
  /** Whether it may stand for a file in another directory. */
  readonly linked: boolean
  /** Why it is of no use, whatever is in it. */
  readonly problem?: string
}

export const MOST_PROFILES = 1000

/**
 * All files that should hold a profile, in the order of their names.
 *
 * What editors leave lying about needs no rule of its own: `x.yaml~`, `#x.yaml#` and `4913` have no ending of ours, `.x.yaml.swp` and `.#x.yaml`
 * are hidden, and so are `..data` and `..2026_…`, which a ConfigMap is made of.
 *
 * @throws Error where the directory cannot be read, or holds more than `MOST_PROFILES`.
 */
export async function listProfiles({ dir, files = [] }: ProfilePlaces): Promise<readonly Listed[]> {
  const found = new Map<string, Listed>()
  const add = (id: string, listed: Listed): void => {
    // A file may be named that is in the directory as well: it is one file.
    if (found.has(id)) return
    if (found.size === MOST_PROFILES) {
      throw new Error(`there are more than ${MOST_PROFILES} profiles${dir === undefined ? '' : ` in ${dir}`}`)
    }
    found.set(id, listed)
  }
  if (dir !== undefined) for (const [id, listed] of await listDirectory(dir)) add(id, listed)
  for (const file of files) add(await idOf(file), listedAs(parse(file).name, file, true))
  return withoutDoubles([...found.values()].sort(byName))
}

async function listDirectory(dir: string): Promise<ReadonlyMap<string, Listed>> {
  const found = new Map<string, Listed>()
  const real = await realpath(dir)
  for await (const entry of await opendir(dir)) {
    const { name, ext } = parse(entry.name)
    if (entry.name.startsWith('.') || !/^\.(?:ya?ml|json)$/.test(ext)) continue
    found.set(join(real, entry.name), listedAs(name, join(dir, entry.name), entry.isSymbolicLink()))
    // Whoever asks refuses so many; the rest of a huge directory need not be read for that.
    if (found.size > MOST_PROFILES) break
  }
  return found
}

/** The same for one file, whichever way leads to its directory. */
async function idOf(file: string): Promise<string> {
  return join(await realpath(dirname(file)).catch(() => dirname(file)), basename(file))
}

function listedAs(name: string, file: string, linked: boolean): Listed {
  const wrong = unusable(name)
  return wrong === undefined
    ? { name, file, linked }
    : { name, file, linked, problem: `the file name gives the profile no usable name: ${wrong}; rename the file` }
}

/** Names stand in URLs (`/v1/profiles/{name}`), in log lines and in metrics. */
function unusable(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `${JSON.stringify(name)} cannot stand in a URL`
  if (/\p{Cc}/u.test(name)) return `${JSON.stringify(name)} has control characters`
  // What is no UTF-8 arrives with these in its place, and could not be opened by that name.
  return name.includes('\uFFFD') ? `${JSON.stringify(name)} is no UTF-8` : undefined
}

function withoutDoubles(all: readonly Listed[]): readonly Listed[] {
  const byName = Map.groupBy(all, ({ name }) => name)
  return all.map((listed) => {
    const same = byName.get(listed.name) ?? []
    if (same.length < 2) return listed
    const places = same.map(({ file }) => file).join(' and ')
    const problem = `the profile ${JSON.stringify(listed.name)} is in ${places}; a name can belong to one file`
    return { ...listed, problem }
  })
}

function byName(one: Listed, other: Listed): number {
  return compare(one.name, other.name) || compare(one.file, other.file)
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
