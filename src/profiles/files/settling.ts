/** After the last of several events that come close together, milliseconds. */
const QUIET_MS = 20

/** After the first one, even where they do not end. */
const LONGEST_MS = 100

/** Has something done once when several events have come close together. */
export class Settling {
  readonly #settled: () => void
  #timer: NodeJS.Timeout | undefined
  #first = 0

  constructor(settled: () => void) {
    this.#settled = settled
  }

  event(): void {
    const now = performance.now()
    if (this.#timer === undefined) this.#first = now
    clearTimeout(this.#timer)
    const wait = Math.max(0, Math.min(QUIET_MS, this.#first + LONGEST_MS - now))
    // Whoever only watches does not keep the process alive.
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#settled()
    }, wait).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
