import type { EventEmitter } from 'node:events'
import type { EngineEvents } from '../events.ts'
import type { EventName, Told } from './messages.ts'

/** Tells the main thread what happens here, as far as anybody there listens; what comes in one turn of the loop goes together. */
export class Teller {
  readonly #events: EventEmitter<EngineEvents>
  readonly #send: (told: readonly Told[]) => void
  readonly #listeners = new Map<EventName, () => void>()
  #queue: Told[] = []

  constructor(events: EventEmitter<EngineEvents>, send: (told: readonly Told[]) => void) {
    this.#events = events
    this.#send = send
  }

  /** From now on these, and no others. */
  watch(names: readonly EventName[]): void {
    for (const [name, stop] of this.#listeners) {
      if (names.includes(name)) continue
      stop()
      this.#listeners.delete(name)
    }
    for (const name of names) if (!this.#listeners.has(name)) this.#listeners.set(name, this.#listenTo(name))
  }

  #listenTo(name: EventName): () => void {
    const tell = (payload: unknown): void => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the payload of an event of that name
      this.#tell([name, payload] as unknown as Told)
    }
    this.#events.on<EventName>(name, tell)
    return () => this.#events.off<EventName>(name, tell)
  }

  #tell(told: Told): void {
    if (this.#queue.length === 0) setImmediate(() => this.flush())
    this.#queue.push(told)
  }

  /** What there is goes now. */
  flush(): void {
    if (this.#queue.length === 0) return
    const queue = this.#queue
    this.#queue = []
    this.#send(queue)
  }
}
