import type { Insight } from '../in-server.ts'
import type { SoakedServer } from '../server.ts'
import type { Tally } from '../tally.ts'
import { lowest, secondHalf, slope, type Point } from './trend.ts'

const MIB = 2 ** 20

/**
 * How much more may be there at the end than after the rehearsal, both times with nobody connected and after a collection; and what may be gained while clients
 * and faults are at work, in the second half of the run. Each further thread has a heap and pools of its own.
 */
interface Bounds {
  readonly inUse: number
  readonly resident: number
  readonly descriptors: number
  readonly handles: number
  readonly gain: { readonly inUse: number; readonly resident: number }
}

export function boundsFor(threads: number): Bounds {
  const more = threads - 1
  return {
    // What grows by design is bounded and was filled in the rehearsal, but not all of it: counters of faults that had not been met yet, code that was compiled
    // since. A session that is kept costs 8 KiB and more, and a run makes thousands.
    inUse: (12 + 6 * more) * MIB,
    // What the allocator does not give back is not ours to bound closely: it keeps what the worst moment took, and the rehearsal of a short run has not seen that.
    // Of runs of three minutes the worst kept 98 MiB (one thread) and 146 MiB (three).
    resident: (160 + 64 * more) * MIB,
    // Connections of the prober and of this program come and go; the pages of two files may be open for a moment.
    descriptors: 4,
    handles: 4,
    gain: { inUse: (16 + 8 * more) * MIB, resident: (96 + 32 * more) * MIB },
  }
}

/** A gain per minute that is always allowed, bytes: less cannot be told from noise. */
const LEAST_GAIN = MIB

/** Held bytes come and go within it. */
const WINDOW_SECONDS = 10

/** What the server has when nobody is there. */
export interface Quiet {
  readonly threads: number
  readonly inUse: number
  readonly resident: number
  readonly descriptors: Readonly<Record<string, number>>
  readonly handles: Readonly<Record<string, number>>
}

export interface MemoryReport {
  readonly bounds: Bounds
  readonly before: Quiet
  readonly after: Quiet
  readonly trend: { readonly resident: Trend; readonly inUse: Trend }
}

/** Bytes per minute. */
export interface Trend {
  readonly perMinute: number
  readonly bound: number
  readonly points: readonly Point[]
}

export function inUse({ threads }: Insight): number {
  return threads.reduce((sum, { heap, external }) => sum + heap + external, 0)
}

/** The least of several looks, because what has just ended may still be on its way out. */
export async function quiet(server: SoakedServer, pause: () => Promise<unknown>): Promise<Quiet> {
  let least: Quiet | undefined
  for (let round = 0; round < 5; round++) {
    await pause()
    const insight = await server.look()
    const now: Quiet = {
      threads: insight.threads.length,
      inUse: inUse(insight),
      resident: server.resident,
      descriptors: server.descriptors(),
      handles: insight.handles,
    }
    least =
      least === undefined
        ? now
        : {
            threads: Math.max(least.threads, now.threads),
            inUse: Math.min(least.inUse, now.inUse),
            resident: Math.min(least.resident, now.resident),
            descriptors: sum(now.descriptors) < sum(least.descriptors) ? now.descriptors : least.descriptors,
            handles: sum(now.handles) < sum(least.handles) ? now.handles : least.handles,
          }
  }
  if (least === undefined) throw new Error('nothing was looked at')
  return least
}

/** Samples of a run, and what follows from them. */
export class MemoryWatch {
  readonly #resident: Point[] = []
  readonly #inUse: Point[] = []

  sample(seconds: number, server: SoakedServer): void {
    this.#resident.push({ at: seconds, value: server.resident })
  }

  async look(seconds: number, server: SoakedServer): Promise<void> {
    this.#inUse.push({ at: seconds, value: inUse(await server.look()) })
  }

  report(before: Quiet, after: Quiet, tally: Tally): MemoryReport {
    const bounds = boundsFor(Math.max(before.threads, after.threads))
    for (const what of ['inUse', 'resident'] as const) {
      const more = after[what] - before[what]
      if (more > bounds[what]) {
        tally.violate(
          'memory',
          `${what}: ${mib(before[what])} before, ${mib(after[what])} after, ${mib(bounds[what])} more are allowed`,
        )
      }
    }
    for (const what of ['descriptors', 'handles'] as const) {
      if (sum(after[what]) - sum(before[what]) > bounds[what]) {
        tally.violate(
          'handles',
          `${what}: ${JSON.stringify(before[what])} before, ${JSON.stringify(after[what])} after`,
        )
      }
    }
    return {
      bounds,
      before,
      after,
      trend: {
        resident: this.#trend('resident', lowest(this.#resident, WINDOW_SECONDS), bounds, tally),
        inUse: this.#trend('inUse', this.#inUse, bounds, tally),
      },
    }
  }

  #trend(what: 'resident' | 'inUse', points: readonly Point[], { gain }: Bounds, tally: Tally): Trend {
    const half = secondHalf(points)
    const minutes = ((half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0)) / 60
    const perMinute = slope(half) * 60
    const bound = minutes > 0 ? Math.max(LEAST_GAIN, gain[what] / minutes) : Infinity
    if (perMinute > bound) {
      tally.violate('memory', `${what} gains ${mib(perMinute)} a minute under load, ${mib(bound)} are allowed`)
    }
    return { perMinute, bound, points }
  }
}

export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0)
}
