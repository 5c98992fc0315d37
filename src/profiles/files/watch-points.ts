import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { inParallel } from './in-parallel.ts'
import type { Listed, ProfilePlaces } from './listing.ts'

/** Which of the names in a directory matter. */
export type Names = ReadonlySet<string> | 'all'

/** Directories that linked files lead to; of more, changes are found by looking every now and then. */
const MOST_TARGETS = 64

/**
 * The directories in which something happens when a profile changes, by path: those that hold profiles, and those from which another directory
 * can be put in their place.
 *
 * @param listing empty where there is nothing to list.
 */
export async function watchPoints(
  { dir, files = [] }: ProfilePlaces,
  listing: readonly Listed[],
): Promise<ReadonlyMap<string, Names>> {
  const points = new Map<string, Names>()
  if (dir !== undefined) {
    for (const path of new Set([resolve(dir), await realpath(dir).catch(() => resolve(dir))])) {
      await addParent(points, path)
    }
    points.set(resolve(dir), 'all')
  }
  // A named file may stand in a ConfigMap, where it is another name (`..data`) that changes: so every name counts.
  for (const file of files) points.set(dirname(resolve(file)), 'all')
  for (const target of await targetsOf(listing)) points.set(target, 'all')
  return points
}

/** Or, where that is not there, the nearest directory above in which it could be made. */
async function addParent(points: Map<string, Names>, path: string): Promise<void> {
  const parent = dirname(path)
  if (parent === path) return
  const isThere = await stat(parent).then(
    (facts) => facts.isDirectory(),
    () => false,
  )
  if (!isThere) return addParent(points, parent)
  const names = points.get(parent)
  if (names !== 'all') points.set(parent, new Set([...(names ?? []), basename(path)]))
}

async function targetsOf(listing: readonly Listed[]): Promise<ReadonlySet<string>> {
  const linked = listing.filter((each) => each.linked)
  const targets = await inParallel(linked, ({ file }) =>
    realpath(file).then(
      (target) => [dirname(target)],
      () => [],
    ),
  )
  return new Set([...new Set(targets.flat())].slice(0, MOST_TARGETS))
}
