import { type FSWatcher, lstatSync, watch } from 'node:fs'
import { constants, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { defined } from '../core/defined.ts'
import { systemCode } from '../core/listen-failure.ts'
import type { ControlPlane } from './control-plane.ts'

/** How often the file is looked for, whatever the watcher of its directory has said: some file systems say nothing. */
const LOOK_MS = 1000

/** Of its first line; it stands in every refusal. */
const LONGEST_REASON = 200

const ACTOR = 'halt-file'

export interface HaltFileOptions {
  readonly path: string
  readonly control: Pick<ControlPlane, 'halt' | 'safety'>
}

/**
 * A file whose being there halts everything: somebody without any access to the admin API can say stop, and it holds over restarts. Nothing is
 * resumed while it is there; when it goes, nothing is resumed by itself.
 *
 * What cannot be looked for counts as there.
 */
export class HaltFile implements Disposable {
  readonly #options: HaltFileOptions
  readonly #look: NodeJS.Timeout
  #watcher: FSWatcher | undefined

  constructor(options: HaltFileOptions) {
    this.#options = options
    options.control.safety.heldBy = () => (isThere(options.path) ? `the halt file ${options.path}` : undefined)
    this.#look = setInterval(() => void this.look(), LOOK_MS).unref()
    this.#watch()
  }

  /**
   * Halts while it is there, unless everything is halted already. Whether it was there at the last look says nothing: it may have gone, and come back
   * after somebody has resumed. Never rejects.
   */
  async look(): Promise<void> {
    const { path, control } = this.#options
    if (this.#watcher === undefined) this.#watch()
    if (control.safety.halt !== undefined || !isThere(path)) return
    const reason = await firstLine(path)
    // Somebody else's halt has its own reason.
    if (control.safety.halt === undefined) await control.halt({ actor: ACTOR, ...defined({ reason }) })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look)
    this.#watcher?.close()
  }

  /** Its directory, because the file itself comes and goes. That one may not be there yet either: it is tried again with every look. */
  #watch(): void {
    const { path } = this.#options
    const name = basename(path)
    try {
      const watcher = watch(dirname(path), (_event, changed) => {
        if (changed === null || changed === name) void this.look()
      })
      watcher.unref()
      watcher.on('error', () => {
        watcher.close()
        if (this.#watcher === watcher) this.#watcher = undefined
      })
      this.#watcher = watcher
    } catch {
      this.#watcher = undefined
    }
  }
}

/** Synchronous: whoever asks is about to resume, or has just been told of a change. A link that leads nowhere is there as well. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return systemCode(error) !== 'ENOTDIR'
  }
}

/** `undefined` = it has none that can be read. */
async function firstLine(path: string): Promise<string | undefined> {
  try {
    // Without O_NONBLOCK a pipe would wait for somebody to write into it.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4 * LONGEST_REASON), 0, 4 * LONGEST_REASON, 0)
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)
    return (
      line
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, LONGEST_REASON)
        .toWellFormed() || undefined
    )
  } catch {
    return undefined
  }
}
