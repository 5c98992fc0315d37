import { constants, open, readlink, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { FoulweatherError } from '../../core/errors.ts'
import { systemCode } from '../../core/listen-failure.ts'
import { removeLeftovers } from './atomic-file.ts'
import { readState, type State } from './document.ts'
import type { StateLog } from './log.ts'

/** More than two thousand proxies with a body of 100 KB each. */
const LARGEST = 256 * 2 ** 20

const MOST_DAMAGED = 1000

/** As many as the system follows. */
const MOST_LINKS = 40

export interface FoundState {
  /** Where it really is: a link is written through, not replaced. */
  readonly path: string
  /** `undefined` = there is none, or none that can be understood; the log says so. */
  readonly state: State | undefined
}

/**
 * Reads a state file. One that is damaged is set aside: renamed to `FILE.damaged-1` (2, 3, …), and the start goes on without it.
 *
 * @throws FoulweatherError `invalid_value` where nothing could be written either: the path has to be mended first.
 */
export async function findState(given: string, log: StateLog): Promise<FoundState> {
  const path = await realPlace(given)
  await refuseNoDirectory(given, path)
  await removeLeftovers(path)
  const content = await readContent(given, path)
  if (content === undefined) return { path, state: undefined }
  const read = 'damage' in content ? content : readState(content.text)
  if ('state' in read) return { path, state: read.state }
  const aside = await setAside(given, path)
  const text = `The state file cannot be used: ${read.damage}. It was set aside as ${aside}, and nothing was restored`
  log.error({ state: given, aside }, text)
  return { path, state: undefined }
}

/** Where a link leads, also where nothing is there yet. */
async function realPlace(given: string): Promise<string> {
  let path = resolve(given)
  for (let links = 0; links < MOST_LINKS; links++) {
    const real = await realpath(path).catch(() => undefined)
    if (real !== undefined) return real
    const directory = await realpath(dirname(path)).catch(() => dirname(path))
    const target = await readlink(path).catch(() => undefined)
    if (target === undefined) return resolve(directory, basename(path))
    path = resolve(directory, target)
  }
  return path
}

async function refuseNoDirectory(given: string, path: string): Promise<void> {
  const directory = dirname(path)
  const facts = await stat(directory).catch((error: unknown) => {
    throw unusable(given, `the directory ${directory} cannot be looked at (${systemCode(error)})`)
  })
  if (!facts.isDirectory()) throw unusable(given, `${directory} is no directory`)
}

async function readContent(
  given: string,
  path: string,
): Promise<{ readonly text: string } | { readonly damage: string } | undefined> {
  try {
    // Without O_NONBLOCK a pipe would wait for somebody to write into it.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const facts = await file.stat()
    if (!facts.isFile()) throw unusable(given, 'it is no regular file')
    if (facts.size > LARGEST) return { damage: `it has ${facts.size} bytes, and ${LARGEST} are the most` }
    return { text: await file.readFile('utf8') }
  } catch (error) {
    if (error instanceof FoulweatherError) throw error
    if (systemCode(error) === 'ENOENT') return undefined
    throw unusable(given, `it cannot be read (${systemCode(error)})`)
  }
}

/** Earlier ones stay. */
async function setAside(given: string, path: string): Promise<string> {
  for (let number = 1; number <= MOST_DAMAGED; number++) {
    const aside = `${path}.damaged-${number}`
    const isFree = await stat(aside).then(
      () => false,
      (error: unknown) => systemCode(error) === 'ENOENT',
    )
    if (!isFree) continue
    await rename(path, aside).catch((error: unknown) => {
      throw unusable(given, `it is damaged, and cannot be renamed to ${aside} (${systemCode(error)})`)
    })
    return aside
  }
  throw unusable(given, `it is damaged, and there are ${MOST_DAMAGED} damaged ones beside it: remove these`)
}

function unusable(path: string, why: string): FoulweatherError {
  const expected = 'a file that can be read and written, or none yet in a directory that is there'
  const text = `cannot use the state file ${path}: ${why}; expected ${expected}`
  return new FoulweatherError('invalid_value', text, { field: 'state', value: path, expected })
}
