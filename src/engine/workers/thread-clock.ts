import type { Clock } from '../../core/clock.ts'
import { systemClock } from '../system-clock.ts'

/** Milliseconds that the clock of this thread is behind the system's monotonic clock: every thread counts from when it began. */
export function clockOffset(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now()
}

/** The time of the thread whose offset is given, in this thread. */
export function clockLike(offset: number): Clock {
  const ahead = clockOffset() - offset
  return { ...systemClock, now: () => performance.now() + ahead }
}
