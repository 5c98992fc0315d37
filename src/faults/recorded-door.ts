import { z } from 'zod'
import type { Door, DoorContext } from '../core/fault-factory.ts'

/** What becomes of the live sessions when the door shuts. */
export const sessionsAtShut = () => z.enum(['keep', 'close', 'reset'], { error: 'expected keep, close or reset' })

/** A door that counts how often it shuts, and puts on record when it shuts and opens: when it was seen to, so once per change of the listener. */
export abstract class RecordedDoor implements Door {
  abstract readonly sessions: Door['sessions']
  wakeAt = Infinity
  readonly #context: DoorContext
  #wasShut = false

  constructor(context: DoorContext, previous: Door | undefined) {
    this.#context = context
    // An update of a shut door does not shut it a second time.
    if (previous instanceof RecordedDoor) this.#wasShut = previous.#wasShut
  }

  shut(at: number, active: number): boolean {
    const shut = this.isShut(at, active)
    if (shut === this.#wasShut) return shut
    this.#wasShut = shut
    if (shut) this.#context.counters.applied++
    this.#context.record(at, shut ? 'shut' : 'opened', this.detail(at, active))
    return shut
  }

  protected abstract isShut(at: number, active: number): boolean

  /** What the record says besides. Asked right after `isShut`. */
  protected detail(_at: number, _active: number): Readonly<Record<string, number>> | undefined {
    return undefined
  }
}
