import type { Clock, Timer } from '../core/clock.ts'
import type { HistogramData } from './data-plane.ts'
import { Histogram } from './histogram.ts'
import { notATime } from './not-a-time.ts'

/** Something that wants to be called at a time. The two fields belong to the scheduler; `idle()` gives their first values. */
export interface Scheduled {
  dueAt: number
  /** Its place in the heap; -1 = not scheduled. */
  heapIndex: number
  fire(now: number): void
}

/**
 * A timer is good to a millisecond, give or take one. What is due within this time is waited for by looking at the sockets
 * again and again instead, which is good to some microseconds: measured on loopback, the median lateness falls from 0.6 ms to 0.06.
 */
const SPIN_WINDOW_MS = 0.5

/** The share of one core that this may cost, and how much of it can be saved up. Beyond it, timers alone have to do. */
const SPIN_SHARE = 0.2
const SPIN_SAVINGS_MS = 10

/** A `setTimeout` of more than 2³¹ - 1 ms fires at once; waking up early for nothing once a day is harmless. */
const LONGEST_TIMER_MS = 86_400_000

/** So long tasks are called in a row; then the sockets and the admin API have their turn. */
export const TURN_MS = 8

const LATENESS_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1000]

/** Who has no time is asked again then: soon enough to go on, and not so soon that it takes a core. */
const ASK_AGAIN_MS = 1000

/** The engine's only timer: a binary heap of due times over all sessions of a thread. Equal times fire in no given order. */
export class Scheduler {
  readonly #clock: Clock
  readonly #heap: Scheduled[] = []
  readonly #lateness = new Histogram(LATENESS_BOUNDS_MS)
  readonly #onTimer = (): void => this.#run()
  readonly #onSoon = (): void => {
    this.#spinning = false
    this.#payForSpin()
    this.#run()
  }
  #timer: Timer | undefined
  #armedFor = Infinity
  #spinning = false
  #spinCredit = SPIN_SAVINGS_MS
  #creditedAt: number
  /** When the spin under way began and how long it may take. */
  #spinSince = 0
  #spinWait = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#creditedAt = clock.now()
  }

  /** Calls `task.fire` at `at` or as soon as possible after; a task that waits already is moved. `Infinity` = not any more. */
  schedule(task: Scheduled, at: number): void {
    if (at === Infinity) return this.cancel(task)
    if (Number.isNaN(at)) {
      notATime('what is to be scheduled')
      return this.schedule(task, this.#clock.now() + ASK_AGAIN_MS)
    }
    if (task.heapIndex < 0) {
      task.dueAt = at
      task.heapIndex = this.#heap.length
      this.#heap.push(task)
      this.#siftUp(task)
    } else if (at < task.dueAt) {
      task.dueAt = at
      this.#siftUp(task)
    } else if (at > task.dueAt) {
      task.dueAt = at
      this.#siftDown(task)
    }
    this.#arm()
  }

  cancel(task: Scheduled): void {
    const index = task.heapIndex
    if (index < 0) return
    task.heapIndex = -1
    const last = this.#heap.pop()
    if (last === undefined || last === task) return
    this.#place(last, index)
    this.#siftUp(last)
    this.#siftDown(last)
  }

  /** How late tasks were called, in milliseconds. */
  get lateness(): HistogramData {
    return this.#lateness.data()
  }

  get size(): number {
    return this.#heap.length
  }

  close(): void {
    for (const task of this.#heap) task.heapIndex = -1
    this.#heap.length = 0
    this.#disarm()
  }

  #run(): void {
    this.#disarm()
    const now = this.#clock.now()
    // A task that schedules itself for now again waits for the next round: nobody can keep the loop from its sockets.
    for (let task = this.#heap[0]; task !== undefined && task.dueAt <= now; task = this.#heap[0]) {
      this.#lateness.observe(now - task.dueAt)
      this.cancel(task)
      task.fire(now)
      const again = task.heapIndex >= 0 && task.dueAt <= now
      // And behind those who are due by now: one that asked for a time long past, again and again, once kept all others from theirs.
      if (again) this.schedule(task, now)
      if (again || this.#clock.now() - now > TURN_MS) break
    }
    this.#arm()
  }

  #arm(): void {
    const head = this.#heap[0]
    if (head === undefined || this.#spinning || head.dueAt >= this.#armedFor) return
    const now = this.#clock.now()
    const wait = head.dueAt - now
    if (this.#clock.soon !== undefined && wait <= SPIN_WINDOW_MS && this.#mayStillSpin(now, wait)) {
      this.#disarm()
      this.#spinning = true
      this.#spinSince = now
      this.#spinWait = Math.max(0, wait)
      this.#clock.soon(this.#onSoon)
      return
    }
    this.#disarm()
    this.#armedFor = head.dueAt
    // Rounded down, so that the timer comes a little early and the rest is waited out by spinning.
    this.#timer = this.#clock.setTimer(Math.min(LONGEST_TIMER_MS, Math.max(1, Math.floor(wait))), this.#onTimer)
  }

  /** Spinning is earned by the time that passes, so that a steady stream of due times cannot eat a core. */
  #mayStillSpin(now: number, wait: number): boolean {
    this.#spinCredit = Math.min(SPIN_SAVINGS_MS, this.#spinCredit + (now - this.#creditedAt) * SPIN_SHARE)
    this.#creditedAt = now
    return wait <= 0 || this.#spinCredit >= wait
  }

  /** A look costs the time since the look before, and not what the sockets took of it beyond the wait. */
  #payForSpin(): void {
    if (this.#spinWait > 0) this.#spinCredit -= Math.min(this.#spinWait, this.#clock.now() - this.#spinSince)
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#armedFor = Infinity
  }

  #place(task: Scheduled, index: number): void {
    this.#heap[index] = task
    task.heapIndex = index
  }

  #siftUp(task: Scheduled): void {
    let index = task.heapIndex
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]
      if (parent === undefined || parent.dueAt <= task.dueAt) break
      this.#place(parent, index)
      index = (index - 1) >> 1
    }
    this.#place(task, index)
  }

  #siftDown(task: Scheduled): void {
    let index = task.heapIndex
    for (;;) {
      const left = this.#heap[2 * index + 1]
      if (left === undefined) break
      const right = this.#heap[2 * index + 2]
      const child = right !== undefined && right.dueAt < left.dueAt ? right : left
      if (child.dueAt >= task.dueAt) break
      const childIndex = child.heapIndex
      this.#place(child, index)
      index = childIndex
    }
    this.#place(task, index)
  }
}
