import { availableParallelism } from 'node:os'
import { FoulweatherError } from './core/errors.ts'
import type { Logger } from './observe/logger.ts'

/** Each is a thread with an event loop and memory of its own. */
export const MOST_WORKERS = 64

/** `auto` = as many as there are cores. */
export type AskedWorkers = number | 'auto'

export interface WorkerCount {
  /** 1 = no threads beside the main one. */
  readonly workers: number
  /** Why it is not what was asked for. */
  readonly because?: string
}

/**
 * How many workers there are to be.
 *
 * @param cores that this process may use.
 * @throws FoulweatherError `invalid_value`: a number that is not whole, or not 1 to 64.
 */
export function workersFor(asked: AskedWorkers, platform: NodeJS.Platform, cores: number): WorkerCount {
  if (asked !== 'auto') checkWorkers(asked)
  const wanted = asked === 'auto' ? Math.min(Math.max(cores, 1), MOST_WORKERS) : asked
  if (platform === 'linux' || wanted === 1) return { workers: wanted }
  const why = `only Linux spreads the connections to one address over several threads (SO_REUSEPORT), and this is ${platform}`
  return { workers: 1, because: `One worker serves, not ${wanted}: ${why}` }
}

/** The same for this machine; the log says where it is not what was asked for. */
export function workersHere(asked: AskedWorkers, logger: Logger | undefined): number {
  const { workers, because } = workersFor(asked, process.platform, availableParallelism())
  if (because !== undefined) logger?.warn({ asked, workers }, because)
  return workers
}

function checkWorkers(value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= MOST_WORKERS) return
  const expected = `a whole number of 1 to ${MOST_WORKERS}`
  const text = `workers is ${String(value)}, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'workers', value, expected })
}
