import type { Clock } from '../core/clock.ts'
import { systemClock } from '../engine/system-clock.ts'

/** The real time; a fault that is to be removed one day does not keep the process alive. */
export const controlClock: Clock = {
  ...systemClock,
  setTimer: (delay, fire) => setTimeout(fire, delay).unref(),
}
