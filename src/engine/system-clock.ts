import type { Clock, Timer } from '../core/clock.ts'

/** The real time of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (delay: number, fire: () => void): Timer => setTimeout(fire, delay),
  clearTimer: (timer: Timer): void => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- opaque to callers; every one of them came from setTimer above
    clearTimeout(timer as NodeJS.Timeout)
  },
  soon: (fire: () => void): void => {
    setImmediate(fire)
  },
}
