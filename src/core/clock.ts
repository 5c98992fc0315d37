/** An armed timer, opaque to everybody but the clock that made it. */
export type Timer = object

/** The only source of time. The real one is engine/system-clock.ts; tests advance a manual one by hand. */
export interface Clock {
  /** Monotonic milliseconds, fractional. */
  now(): number
  /**
   * Calls `fire` once, `delay` milliseconds from now or later.
   *
   * @param delay from 0 to 2^31 - 1, which is 24.8 days: of anything else Node makes 1 ms, and warns on stderr.
   */
  setTimer(delay: number, fire: () => void): Timer
  clearTimer(timer: Timer): void
  /**
   * Calls `fire` after one more look at the sockets: how the scheduler waits out the rest of a millisecond, which a timer cannot.
   * Absent = it uses timers alone.
   */
  soon?(fire: () => void): void
}
