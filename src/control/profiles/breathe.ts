import { setImmediate } from 'node:timers/promises'

/** So long may work on a large profile keep the loop from everything else, milliseconds. */
const LONGEST_TURN_MS = 8

/** Lets others have a turn when this work has had its own; to be asked between any two pieces of it. */
export class Breath {
  #since = performance.now()

  async take(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_TURN_MS) return
    await setImmediate()
    this.#since = performance.now()
  }
}
