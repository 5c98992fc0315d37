import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { reasonOf } from './reason.ts'
import type { Names } from './watch-points.ts'

interface Armed {
  readonly watcher: FSWatcher
  /** Of the directory that it watches: another one may have taken its path since. */
  readonly inode: string
  names: Names
}

/** Watches of the system on directories. */
export class DirectoryWatchers {
  readonly #armed = new Map<string, Armed>()
  readonly #blind = new Set<string>()
  readonly #onEvent: () => void
  readonly #onProblem: (text: string) => void
  #closed = false

  constructor(onEvent: () => void, onProblem: (text: string) => void) {
    this.#onEvent = onEvent
    this.#onProblem = onProblem
  }

  /** Whether there is a directory that the system does not watch for us. */
  get isBlind(): boolean {
    return this.#blind.size > 0
  }

  /**
   * Watches these directories and no others. One that is not there is passed over.
   *
   * @returns whether a watch is new: what changed before it began was not seen.
   */
  async arm(points: ReadonlyMap<string, Names>): Promise<boolean> {
    for (const dir of this.#armed.keys()) if (!points.has(dir)) this.#drop(dir)
    for (const dir of this.#blind) if (!points.has(dir)) this.#blind.delete(dir)
    let isNew = false
    for (const [dir, names] of points) {
      const inode = await inodeOf(dir)
      if (this.#closed) return false
      const armed = this.#armed.get(dir)
      if (armed !== undefined && armed.inode === inode) armed.names = names
      else {
        this.#drop(dir)
        if (inode !== undefined) isNew = this.#watch(dir, inode, names) || isNew
      }
    }
    return isNew
  }

  close(): void {
    this.#closed = true
    for (const dir of this.#armed.keys()) this.#drop(dir)
  }

  #watch(dir: string, inode: string, names: Names): boolean {
    try {
      const watcher = watch(dir, { persistent: false })
      const armed: Armed = { watcher, inode, names }
      watcher.on('change', (_, name) => {
        // Some systems do not say which name it was.
        if (name === null || armed.names === 'all' || armed.names.has(name.toString())) this.#onEvent()
      })
      watcher.on('error', (error) => {
        this.#drop(dir)
        this.#refused(dir, error)
        this.#onEvent()
      })
      this.#armed.set(dir, armed)
      this.#blind.delete(dir)
      return true
    } catch (error) {
      // Gone since it was looked at.
      if (reasonOf(error).code !== 'ENOENT') this.#refused(dir, error)
      return false
    }
  }

  /** Once for each directory, until it can be watched. */
  #refused(dir: string, error: unknown): void {
    if (this.#blind.has(dir)) return
    this.#blind.add(dir)
    this.#onProblem(`${dir} cannot be watched: ${reasonOf(error).text}; it is looked at several times a second instead`)
  }

  #drop(dir: string): void {
    this.#armed.get(dir)?.watcher.close()
    this.#armed.delete(dir)
  }
}

async function inodeOf(dir: string): Promise<string | undefined> {
  try {
    const facts = await stat(dir, { bigint: true })
    return facts.isDirectory() ? `${facts.dev} ${facts.ino}` : undefined
  } catch {
    return undefined
  }
}
