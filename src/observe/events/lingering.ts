import type { Clock, Timer } from '../../core/clock.ts'

export interface LingeringParts {
  readonly clock: Clock
  /** How long it goes on when nobody wants it any more, milliseconds. */
  readonly lingerMs: number
  readonly start: () => void
  readonly stop: () => void
}

/** Something that costs, and is on while somebody wants it and for a while after: whoever was cut off comes back within that. */
export class Lingering {
  readonly #parts: LingeringParts
  #wanted = 0
  #on = false
  #timer: Timer | undefined

  constructor(parts: LingeringParts) {
    this.#parts = parts
  }

  get on(): boolean {
    return this.#on
  }

  join(): void {
    this.#wanted++
    this.#forgetTimer()
    if (this.#on) return
    this.#on = true
    this.#parts.start()
  }

  leave(): void {
    this.#wanted--
    if (this.#wanted > 0 || !this.#on) return
    const { clock, lingerMs } = this.#parts
    this.#timer = clock.setTimer(lingerMs, () => this.close())
  }

  /** Off at once. */
  close(): void {
    this.#forgetTimer()
    if (!this.#on) return
    this.#on = false
    this.#parts.stop()
  }

  #forgetTimer(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}
