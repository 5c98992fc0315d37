import { Worker } from 'node:worker_threads'
import type { Outcome, ProfileDocument } from './document.ts'
import { documentOf, parseProfile, type ReadValues, type TextName } from './parse.ts'
import type { ReadMessage, TextMessage } from './parse-worker.ts'
import { isTooLarge } from './syntax.ts'

/** Characters. Smaller texts are read in a few milliseconds, in which a thread would not even have begun. */
const LARGE = 32 * 1024

/** MB of heap; what a text within all bounds can need is less. The tokens of a large text are young for long: with room for them it is read a sixth faster. */
const HEAP = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64 }

/**
 * As `parseProfile`; a large text is read in a thread of its own meanwhile, so that nothing else waits. Where there can be no thread it is read
 * here.
 */
export async function parseProfileAside(text: string, about: TextName): Promise<Outcome<ProfileDocument>> {
  if (text.length <= LARGE || isTooLarge(text)) return parseProfile(text, about)
  const read = await readAside(text)
  return read === undefined ? parseProfile(text, about) : documentOf(read, about)
}

/** It is kept for the next text, which it then reads in half the time, and holds up no process that could end. */
let reader: Reader | undefined

/** `undefined` = there can be no thread. */
async function readAside(text: string): Promise<ReadValues | undefined> {
  reader ??= startReader()
  return reader?.read(text)
}

function startReader(): Reader | undefined {
  try {
    return new Reader()
  } catch {
    return undefined
  }
}

interface Waiting {
  done(read: ReadValues | undefined): void
  failed(error: Error): void
}

/** The same ending as this file has: the sources run as they are, and so does what is built of them. */
const FILE = new URL(import.meta.url.endsWith('.ts') ? 'parse-worker.ts' : 'parse-worker.js', import.meta.url)

class Reader {
  readonly #worker = new Worker(FILE, {
    name: 'profile reader',
    execArgv: [],
    resourceLimits: HEAP,
  })
  readonly #waiting = new Map<number, Waiting>()
  #started = false
  #last = 0

  constructor() {
    this.#worker.on('message', (message: ReadMessage | string) => {
      if (typeof message === 'string') this.#started = true
      else this.#answer(message)
    })
    this.#worker.on('error', (error: Error) => this.#stopped(error))
    this.#worker.on('exit', () => this.#stopped(new Error('the thread that reads profiles has ended')))
  }

  async read(text: string): Promise<ReadValues | undefined> {
    this.#last += 1
    const message: TextMessage = { id: this.#last, text }
    const { promise, resolve, reject } = Promise.withResolvers<ReadValues | undefined>()
    this.#waiting.set(message.id, { done: resolve, failed: reject })
    this.#worker.ref()
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
    this.#worker.postMessage(message)
    return promise
  }

  #answer({ id, value, paths, ...read }: ReadMessage): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    waiting?.done({
      ...read,
      value: value === undefined ? undefined : JSON.parse(value),
      paths: () => paths.split('\n'),
    })
  }

  /** Before it has begun, it is not due to a text. */
  #stopped(error: Error): void {
    if (reader === this) reader = undefined
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const waiting of all) {
      if (!this.#started) waiting.done(undefined)
      else if (isOutOfMemory(error)) waiting.done(tooMuch())
      else waiting.failed(error)
    }
  }
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

function tooMuch(): ReadValues {
  const text = 'the profile takes more memory than there is for one; expected fewer values, or several profiles'
  return { value: undefined, paths: () => [], offsets: [], lines: [0], mistakes: [{ offset: 0, field: '', text }] }
}
