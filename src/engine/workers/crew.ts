import type { WorkerInfo } from '../data-plane.ts'
import type { Nudge } from '../sharing/sharing.ts'
import type { Told } from './messages.ts'
import type { WorkerThread, ThreadEvents } from './worker-thread.ts'

export interface CrewParts {
  /** @throws Error when there cannot be another thread. */
  start(number: number, events: ThreadEvents): WorkerThread
  /** A new thread is ready: it has to be brought in step before anybody else speaks to it. Answers when it is. */
  join(thread: WorkerThread): Promise<void>
  told(thread: WorkerThread, told: readonly Told[]): void
  /** Takes the part of a thread that is no more out of everything that is shared. */
  left(number: number, error: string): void
  replaced(number: number): void
}

/** A thread that dies as soon as it has begun is given more and more time. */
const AGAIN_MS = 100
const AGAIN_AT_MOST_MS = 5000
/** After so long it counts as having worked. */
const WORKED_MS = 10_000

interface Place {
  thread: WorkerThread
  joined: boolean
  deaths: number
  startedAt: number
  again: number
}

/** The threads: each has a place, and one that dies is replaced. */
export class Crew implements ThreadEvents {
  readonly #parts: CrewParts
  readonly #places: Place[] = []
  /** Of those who wait for a thread to join. */
  readonly #waiting = new Set<() => void>()
  #closing = false

  /** @throws Error when there cannot be so many threads; all are ended then. */
  constructor(size: number, parts: CrewParts) {
    this.#parts = parts
    try {
      while (this.#places.length < size) this.#places.push(this.#place(this.#places.length + 1))
    } catch (error) {
      void this.end()
      throw error
    }
  }

  /** @throws Error when one of them cannot begin; all are ended then. */
  async begin(): Promise<void> {
    try {
      await Promise.all(this.#places.map((place) => this.#join(place)))
    } catch (error) {
      await this.end()
      throw error
    }
  }

  get size(): number {
    return this.#places.length
  }

  /** Those that can be asked. */
  get threads(): readonly WorkerThread[] {
    return this.#places.flatMap(({ thread, joined }) => (joined && thread.isAlive ? [thread] : []))
  }

  /** `undefined` while there is none in that place. */
  thread(number: number): WorkerThread | undefined {
    return this.threads.find((thread) => thread.number === number)
  }

  /** Answers what `find` does as soon as that is something; `undefined` = not within `ms` milliseconds. */
  async present(find: () => WorkerThread | undefined, ms: number): Promise<WorkerThread | undefined> {
    const until = performance.now() + ms
    for (;;) {
      const found = find()
      const left = until - performance.now()
      if (found !== undefined || this.#closing || left <= 0) return found
      await this.#nextJoin(left)
    }
  }

  info(): readonly WorkerInfo[] {
    return this.#places.map(({ thread, joined, deaths }) => ({
      worker: thread.number,
      state: this.#closing ? 'closing' : joined && thread.isAlive ? 'running' : 'starting',
      deaths,
      since: thread.since,
    }))
  }

  /** Nobody who dies is replaced any more. */
  close(): void {
    this.#closing = true
    this.#joined()
  }

  /** Ends all threads, whatever they do. */
  async end(): Promise<void> {
    this.close()
    await Promise.all(this.#places.map(({ thread }) => thread.dismiss()))
  }

  told(thread: WorkerThread, told: readonly Told[]): void {
    this.#parts.told(thread, told)
  }

  nudged(from: WorkerThread, nudge: Nudge): void {
    for (const thread of this.threads) if (thread !== from) thread.nudge(nudge)
  }

  died(thread: WorkerThread, error: string): void {
    const place = this.#places[thread.number - 1]
    if (place?.thread !== thread) return
    // One that has never begun is reported by `begin`.
    const again = place.joined || place.deaths > 0
    place.joined = false
    this.#lost(place, error, again)
  }

  #place(number: number): Place {
    const thread = this.#parts.start(number, this)
    return { thread, joined: false, deaths: 0, startedAt: performance.now(), again: AGAIN_MS }
  }

  #lost(place: Place, error: string, again = true): void {
    place.deaths++
    this.#parts.left(place.thread.number, error)
    if (this.#closing || !again) return
    if (performance.now() - place.startedAt > WORKED_MS) place.again = AGAIN_MS
    setTimeout(() => void this.#replace(place), place.again).unref()
    place.again = Math.min(place.again * 2, AGAIN_AT_MOST_MS)
  }

  async #replace(place: Place): Promise<void> {
    if (this.#closing) return
    place.startedAt = performance.now()
    try {
      place.thread = this.#parts.start(place.thread.number, this)
    } catch (error) {
      return this.#lost(place, String(error))
    }
    const { thread } = place
    try {
      await this.#join(place)
    } catch (error) {
      // Mostly it has died once more, which has been seen to. One that has not is not in step, and of no use.
      await thread.kill(String(error))
      return
    }
    this.#parts.replaced(thread.number)
  }

  async #join(place: Place): Promise<void> {
    const { thread } = place
    await thread.ready
    if (!thread.isAlive) throw new Error(`worker ${thread.number} has died`)
    // Told of everything that comes from now on: what is in force goes first.
    place.joined = true
    await this.#parts.join(thread)
    this.#joined()
  }

  #joined(): void {
    for (const tell of this.#waiting) tell()
  }

  #nextJoin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#waiting.add(done)
    })
  }
}
