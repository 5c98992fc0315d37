import { setTimeout as sleep } from 'node:timers/promises'
import { writeAtomically } from './atomic-file.ts'

export interface StateWriterOptions {
  readonly path: string
  /** The whole content as it has to be now. Asked for at the beginning of each write. */
  readonly content: () => string
  /** Told once, when writing begins to fail, and when it works again. */
  readonly onFailing: (error: unknown) => void
  readonly onMended: () => void
  /** Told when it is closed, and what has changed last could not be written. */
  readonly onLost: (error: unknown) => void
  /** Default: that of atomic-file.ts. */
  readonly write?: (path: string, text: string) => Promise<void>
  /** Milliseconds between two attempts at first; twice as long after each failure, up to `longestRetry`. */
  readonly retry?: number
  readonly longestRetry?: number
}

/** From the end of a write to the beginning of the next: a burst of changes is put together, and leaves the disk and the process some air. */
const GAP_MS = 10

/** Keeps a file in step with something that changes: one write is under way at the most, and one more follows for whatever changed meanwhile. */
export class StateWriter {
  readonly #options: Required<StateWriterOptions>
  #dirty = false
  #running: Promise<void> | undefined
  #written: string | undefined
  #failures = 0
  #error: unknown
  /** Ends waits: the last write comes at once. */
  readonly #closing = new AbortController()

  constructor(options: StateWriterOptions) {
    this.#options = { write: writeAtomically, retry: 1000, longestRetry: 60_000, ...options }
  }

  /** Something has changed. Nobody waits. */
  changed(): void {
    this.#dirty = true
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      // Between the last look at it and now.
      if (this.#dirty && !this.#closing.signal.aborted) this.changed()
    })
  }

  /** Writes what has not been written yet, once, and nothing more afterwards. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    if (this.#dirty) await this.#write()
    if (this.#dirty) this.#options.onLost(this.#error)
  }

  async #run(): Promise<void> {
    // What changes in the same turn belongs together.
    await new Promise((resolve) => void setImmediate(resolve))
    while (this.#dirty && !this.#closing.signal.aborted) {
      await this.#write()
      await this.#wait(this.#failures === 0 ? GAP_MS : this.#backOff())
    }
  }

  async #write(): Promise<void> {
    const { path, content, write, onFailing, onMended } = this.#options
    this.#dirty = false
    try {
      // What is too long for a text is a failure as any other.
      const text = content()
      if (text === this.#written) return
      await write(path, text)
      this.#written = text
      if (this.#failures > 0) onMended()
      this.#failures = 0
    } catch (error) {
      this.#dirty = true
      this.#error = error
      // The last attempt is not tried again: who closes is told otherwise.
      if (++this.#failures === 1 && !this.#closing.signal.aborted) onFailing(error)
    }
  }

  #backOff(): number {
    const { retry, longestRetry } = this.#options
    return Math.min(retry * 2 ** (this.#failures - 1), longestRetry)
  }

  /** A disk that fails does not keep the process alive. */
  async #wait(ms: number): Promise<void> {
    const { signal } = this.#closing
    await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
  }
}
