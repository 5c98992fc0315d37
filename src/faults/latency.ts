import { z } from 'zod'
import type { StageContext } from '../core/stage-factory.ts'
import { defineFault } from './define.ts'
import { duration } from './params.ts'
import { PassThrough } from './pass-through.ts'

const params = z.object({
  latency: duration().prefault(0).describe('Delay of every chunk, counted from its arrival.'),
  jitter: duration().prefault(0).describe('The delay of each chunk varies by up to this much both ways, uniformly.'),
})

/** The end is not delayed by itself; the queue keeps it behind the last delayed chunk. */
class Latency extends PassThrough {
  readonly #latency: number
  readonly #jitter: number
  readonly #context: StageContext

  constructor({ latency, jitter }: z.output<typeof params>, context: StageContext) {
    super()
    this.#latency = latency
    this.#jitter = jitter
    this.#context = context
  }

  override chunk(bytes: Buffer, at: number): number {
    const hold = this.#hold()
    if (hold > 0) this.#context.counters.applied++
    // A delay line has room for what is under way: its own hold is no reason to keep the sender waiting.
    return this.next.chunk(bytes, at + hold) - hold
  }

  #hold(): number {
    if (this.#jitter === 0) return this.#latency
    return Math.max(0, this.#latency + (this.#context.random.next() * 2 - 1) * this.#jitter)
  }
}

export const latency = defineFault({
  type: 'latency',
  layer: 'transport',
  effect: 'timing',
  summary: 'Delivers every chunk later by a fixed time, with optional jitter.',
  details: `Each chunk is delivered \`latency\` ± \`jitter\` after it arrived. Order is kept: a chunk with a small draw waits behind its
predecessor. Delays do not add up over chunks that are under way together, so throughput is not limited. The end of the stream is not delayed
by itself; it follows the last chunk. Connecting is not delayed.

Two latency faults add up. Removing one delivers what it held at once; updating one applies the new delay to what is held, counted from when it arrived.

Stands for distance, a busy network or a slow server. Times are good to about a millisecond.`,
  params,
  toxic: [
    {
      name: 'latency',
      unit: 'ms',
      toParams: (value) => ({ latency: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.latency),
    },
    {
      name: 'jitter',
      unit: 'ms',
      toParams: (value) => ({ jitter: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.jitter),
    },
  ],
  stage: (p, context) => new Latency(p, context),
})
