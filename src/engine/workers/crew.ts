import type { WorkerInfo } from '../data-plane.ts'
import type { Nudge } from '../sharing/sharing.ts'
import type { Told } from './messages.ts'
import type { WorkerThread, ThreadEvents } from './worker-thread.ts'

export interface CrewParts {
  start(number: number, events: ThreadEvents): WorkerThread
  /** A new thread is ready: it has to be brought in step before anybody else speaks to it. Answers when it is. */
  join(thread: WorkerThread): Promise<void>
  told(thread: WorkerThread, told: readonly Told[]): void
  /** Takes the part of a thread that is no more out of everything that is shared. */
  left(thread: WorkerThread, error: string): void
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
  readonly #places: readonly Place[]
  #closing = false

  constructor(size: number, parts: CrewParts) {
    this.#parts = parts
    this.#places = Array.from({ length: size }, (_, index) => ({
      thread: parts.start(index + 1, this),
      joined: false,
      deaths: 0,
      startedAt: performance.now(),
      again: AGAIN_MS,
    }))
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

  info(): readonly WorkerInfo[] {
    return this.#places.map(({ thread, joined, deaths }) => ({
      worker: thread.number,
      state: this.#closing ? 'closing' : joined && thread.isAlive ? 'running' : 'starting',
      deaths,
      since: thread.since,
    }))
  }

  /** Ends all threads, whatever they do. */
  async end(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#places.map(({ thread }) => thread.terminate(true)))
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
    const wasAtWork = place.joined
    place.joined = false
    place.deaths++
    this.#parts.left(thread, error)
    // One that has never begun is reported by `begin`.
    if (this.#closing || (!wasAtWork && place.deaths === 1)) return
    if (performance.now() - place.startedAt > WORKED_MS) place.again = AGAIN_MS
    setTimeout(() => void this.#replace(place), place.again).unref()
    place.again = Math.min(place.again * 2, AGAIN_AT_MOST_MS)
  }

  async #replace(place: Place): Promise<void> {
    if (this.#closing) return
    place.startedAt = performance.now()
    place.thread = this.#parts.start(place.thread.number, this)
    try {
      await this.#join(place)
      this.#parts.replaced(place.thread.number)
    } catch {
      // It has died once more, which has been told and seen to.
    }
  }

  async #join(place: Place): Promise<void> {
    const { thread } = place
    await thread.ready
    // Told of everything that comes from now on: what is in force goes first.
    place.joined = true
    await this.#parts.join(thread)
  }
}
