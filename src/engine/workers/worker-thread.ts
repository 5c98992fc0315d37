import { Worker } from 'node:worker_threads'
import type { Nudge } from '../sharing/sharing.ts'
import type { Beginning, CallName, Calls, EventName, FromThread, Told, ToThread } from './messages.ts'

/** What a thread tells who has made it. */
export interface ThreadEvents {
  told(thread: WorkerThread, told: readonly Told[]): void
  nudged(thread: WorkerThread, nudge: Nudge): void
  /** It is no more, and was not asked to go. */
  died(thread: WorkerThread, error: string): void
}

/** Instead of an answer: the thread that was asked is no more. */
export const GONE = Symbol('gone')

type Settle = (answer: unknown) => void

/** One worker thread, seen from the main thread. */
export class WorkerThread {
  readonly number: number
  readonly since = new Date().toISOString()
  readonly #worker: Worker
  readonly #events: ThreadEvents
  readonly #waiting = new Map<number, { readonly done: Settle; readonly failed: (error: Error) => void }>()
  readonly #ready = Promise.withResolvers<void>()
  #lastId = 0
  #over = false
  #dismissed = false
  #error: string | undefined

  /** @param entry the file that it runs, which is to call `serveThread`. */
  constructor(entry: URL, beginning: Beginning, events: ThreadEvents) {
    this.number = beginning.thread
    this.#events = events
    this.#worker = new Worker(entry, { name: `worker ${beginning.thread}`, workerData: beginning, execArgv: [] })
    this.#worker.on('message', (message: FromThread) => this.#received(message))
    this.#worker.on('error', (error: unknown) => {
      this.#error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    this.#worker.on('exit', (code) => this.#exited(code))
  }

  /** It can be asked. @throws Error when it dies before. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Nobody has ended it, or is about to. */
  get isAlive(): boolean {
    return !this.#over
  }

  /** Calls are carried out in the order in which they are made. */
  ask<Name extends CallName>(call: Name, ...asks: Calls[Name]['asks']): Promise<Calls[Name]['answers'] | typeof GONE> {
    if (this.#over) return Promise.resolve(GONE)
    const id = ++this.#lastId
    return new Promise((done, failed) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- who answers a call does so in its terms
      this.#waiting.set(id, { done: done as Settle, failed })
      try {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is asked belongs to the call
        this.#post({ id, call, asks } as ToThread)
      } catch (error) {
        this.#waiting.delete(id)
        throw error
      }
    })
  }

  nudge(nudge: Nudge): void {
    this.#post({ nudge })
  }

  watch(names: readonly EventName[]): void {
    this.#post({ watch: names })
  }

  /** Ends it, whatever it is doing. */
  async dismiss(): Promise<void> {
    this.#dismissed = true
    await this.#worker.terminate()
  }

  /** The same, as if it had died by itself. */
  async kill(why: string): Promise<void> {
    this.#error ??= why
    await this.#worker.terminate()
  }

  #post(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
    if (!this.#over) this.#worker.postMessage(message)
  }

  #received(message: FromThread): void {
    if (message === 'ready') {
      this.#ready.resolve()
    } else if ('told' in message) {
      this.#events.told(this, message.told)
    } else if ('nudge' in message) {
      this.#events.nudged(this, message.nudge)
    } else {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if ('failed' in message) waiting?.failed(new Error(`worker ${this.number}: ${message.failed}`))
      else waiting?.done(message.answer)
    }
  }

  #exited(code: number): void {
    this.#over = true
    const error = this.#error ?? `exit code ${code}`
    this.#ready.promise.catch(() => {})
    this.#ready.reject(new Error(`worker ${this.number} did not start: ${error}`))
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { done } of waiting) done(GONE)
    if (!this.#dismissed) this.#events.died(this, error)
  }
}
