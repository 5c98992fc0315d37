import { z } from 'zod'
import type { AbortHow } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { duration } from './params.ts'
import { PassThrough } from './pass-through.ts'

const params = z.object({
  delay: duration().prefault(0).describe('How long the close is held back after the last byte.'),
})

class SlowClose extends PassThrough {
  readonly #delay: number
  readonly #context: StageContext
  #openedAt = -Infinity
  /** When the last of the bytes seen are due: an end that a delay in front did not stamp comes no earlier. */
  #lastByteAt = -Infinity

  constructor({ delay }: z.output<typeof params>, context: StageContext) {
    super()
    this.#delay = delay
    this.#context = context
  }

  open(at: number): void {
    this.#openedAt = at
  }

  override chunk(bytes: Buffer, at: number): number {
    this.#lastByteAt = Math.max(this.#lastByteAt, at)
    return this.next.chunk(bytes, at)
  }

  override end(at: number): void {
    this.next.end(this.#later(at))
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    this.next.abort(how === 'destroy' ? this.#later(at) : at, how, ending)
  }

  rewind(bytes: number): void {
    // Those bytes will say anew when they are due, and they come after all the others.
    if (bytes > 0) this.#lastByteAt = -Infinity
  }

  #later(at: number): number {
    if (this.#delay > 0) this.#context.counters.applied++
    return Math.max(at, this.#openedAt, this.#lastByteAt) + this.#delay
  }
}

export const slowClose = defineFault({
  type: 'slow_close',
  layer: 'transport',
  effect: 'timing',
  summary: 'Holds back the close of the connection.',
  details: `Bytes pass untouched. When the side that sends in this direction closes, the other side learns of it \`delay\` later, counted from the last byte.
Only closes that travel in the fault's own direction are held back: with \`upstream\`, a close by the server reaches the client at once. So is an orderly
close that another fault in front of it (\`limit_data\`, \`timeout\`) causes. A reset passes at once.

Updating during the wait starts the new delay from zero; removing during the wait lets the close go at once. Disabling or deleting the proxy does not wait.

Stands for a peer that lingers, a load balancer that drains slowly, a server that forgets to close: it brings out pools that count a dying
connection as a free one.`,
  example: { delay: '5s' },
  params,
  toxic: [
    {
      name: 'delay',
      unit: 'ms',
      toParams: (value) => ({ delay: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.delay),
    },
  ],
  stage: (p, context) => new SlowClose(p, context),
})
