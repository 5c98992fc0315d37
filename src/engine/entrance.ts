import { FoulweatherError } from '../core/errors.ts'
import type { DoorState } from './doors.ts'
import { resolveListen } from './listen-address.ts'
import { Listener, type ListenerEvents } from './listener.ts'
import type { Scheduled } from './scheduler.ts'
import type { EngineShared } from './shared.ts'

/** What an entrance asks and tells its proxy. */
export interface EntranceEvents extends ListenerEvents {
  /** What the doors say now. */
  lookAtDoors(now: number): DoorState
  /** A fault has shut the entrance (`fault`), or it is open again. */
  doorMoved(state: DoorState, error?: FoulweatherError): void
  /** A door that has shut ends the live sessions. */
  doorEnds(ends: NonNullable<DoorState['ends']>): void
}

/** Somebody else may sit on the address when a door opens again. */
const TRY_AGAIN_MS = 250

/**
 * Where clients come in: the listener of a proxy, and the doors that faults shut on it. While one is shut there is no listener, so that
 * the kernel refuses; the address is kept and taken again.
 *
 *     closed ──open()──▶ open ◀──doors──▶ shut
 *        ◀──────close()────┴───────close()──┘
 */
export class Entrance implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly #shared: EngineShared
  readonly #events: EntranceEvents
  #listener: Listener | undefined
  /** Bound, or to be bound again. `undefined` = closed. */
  #address: string | undefined
  /** Changes with every opening and closing: one that finds another turn than its own has been overtaken. */
  #turn = 0
  #opening = false
  /** Settles when the last opening is done with: one that was overtaken holds the address until it is closed. */
  #lastOpening: Promise<unknown> = Promise.resolve()

  constructor(shared: EngineShared, events: EntranceEvents) {
    this.#shared = shared
    this.#events = events
  }

  /** The bound address, canonical; `undefined` = closed. While a door is shut, the address that was bound. */
  get address(): string | undefined {
    return this.#address
  }

  /** Resolves when no opening is under way any more: one that was overtaken may still hold the address for a moment. */
  get settled(): Promise<unknown> {
    return this.#lastOpening
  }

  /** Clients can come in. */
  get listening(): boolean {
    return this.#listener !== undefined
  }

  /**
   * Answers whether it is open now: `false` = closed again meanwhile.
   *
   * @throws FoulweatherError `listen_failed`.
   */
  open(listen: string): Promise<boolean> {
    const turn = ++this.#turn
    const opening = this.#lastOpening.then(() => this.#openNow(listen, turn))
    this.#lastOpening = opening.catch(() => {})
    return opening
  }

  async #openNow(listen: string, turn: number): Promise<boolean> {
    if (turn !== this.#turn) return false
    const listener = await Listener.open(await resolveListen(listen), this.#events, this.#shared)
    if (turn !== this.#turn) {
      // Closed meanwhile: nobody would ever close this one.
      listener.close()
      return false
    }
    this.#listener = listener
    this.#address = listener.address
    return true
  }

  close(): void {
    this.#turn++
    this.#shared.scheduler.cancel(this)
    this.#listener?.close()
    this.#listener = undefined
    this.#address = undefined
    this.#opening = false
  }

  /** Something has changed that doors may care for. */
  look(): void {
    if (this.#address === undefined) return
    const state = this.#events.lookAtDoors(this.#shared.clock.now())
    this.#shared.scheduler.schedule(this, state.until)
    if (state.shutBy === undefined) {
      if (this.#listener === undefined && !this.#opening) void this.#reopen(this.#address, state)
    } else if (this.#listener !== undefined || this.#opening) {
      const open = this.#listener !== undefined
      this.#turn++
      this.#opening = false
      this.#listener?.close()
      this.#listener = undefined
      // One that was only about to open is known as shut.
      if (open) this.#events.doorMoved(state)
    }
    // Also where another door was shut already: each of them says what becomes of the sessions when it shuts.
    if (state.ends !== undefined) this.#events.doorEnds(state.ends)
  }

  /** The scheduler: a door may open or shut by itself, or the address may be free again. */
  fire(): void {
    this.look()
  }

  async #reopen(address: string, state: DoorState): Promise<void> {
    this.#opening = true
    const turn = this.#turn + 1
    try {
      await this.open(address)
      if (turn !== this.#turn) return
      this.#opening = false
      this.#events.doorMoved(state)
      // They may have shut again meanwhile.
      this.look()
    } catch (error) {
      if (!(error instanceof FoulweatherError)) throw error
      if (turn !== this.#turn) return
      this.#opening = false
      this.#events.doorMoved(state, error)
      const { clock, scheduler } = this.#shared
      scheduler.schedule(this, Math.min(clock.now() + TRY_AGAIN_MS, state.until))
    }
  }
}
