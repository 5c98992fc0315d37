import type { Clock } from '../../core/clock.ts'
import { systemClock } from '../system-clock.ts'

/** A thread that is kept from running between two looks at the time is off by as long as that took: not in all of them. */
const LOOKS = 16

/** Milliseconds that the clock of this thread is behind the system's monotonic clock: every thread counts from when it began. */
export function clockOffset(): number {
  return Math.max(...Array.from({ length: LOOKS }, lookAtBoth))
}

/** The second look is the later one: what comes between makes it less. */
function lookAtBoth(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now()
}

/** The time of the thread whose offset is given, in this thread. */
export function clockLike(offset: number): Clock {
  const ahead = clockOffset() - offset
  return { ...systemClock, now: () => performance.now() + ahead }
}
