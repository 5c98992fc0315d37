import { readFileSync } from 'node:fs'

/** Two sessions' worth: whoever gets one of these is among the last. */
const LAST = 4

/** Said once in this time. */
const TELL_AGAIN_MS = 10_000

/**
 * Sees file descriptors run out. When `accept` fails for want of one, libuv accepts with a spare one, closes the connection and tells nobody: 285 of
 * 400 clients were gone without a line in the log. The kernel always gives the lowest number that is free, so a high one says that all below are taken.
 */
export class Descriptors {
  readonly #limit: number
  #toldAt = -Infinity

  /** @param limit how many the process may have; default: what the system says, or no limit where it does not. */
  constructor(limit = limitOfProcess()) {
    this.#limit = limit
  }

  /** A descriptor was given out. Answers what is to be said about it, if anything. */
  given(descriptor: number, now: number): string | undefined {
    if (descriptor < this.#limit - LAST || now - this.#toldAt < TELL_AGAIN_MS) return undefined
    this.#toldAt = now
    return `file descriptors run out: ${this.#limit} are allowed (ulimit -n); connections beyond these are closed at once`
  }
}

function limitOfProcess(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Infinity : Number(soft)
  } catch {
    return Infinity
  }
}
