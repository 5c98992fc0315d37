import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/stage-factory.ts'
import { defineFault } from './define.ts'
import { rate } from './params.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'
import { Turns } from './turns.ts'

const params = z.object({
  rate: rate().describe('How much each connection may carry per second in this direction. 0 lets nothing through.'),
})

/** Toxiproxy's KB: 1000 bytes. */
const KB = 1000

/** Small enough to look like a flow, large enough to cost little; at low rates at most 100 ms, as Toxiproxy's pieces are. */
function pieceSize(rate: number): number {
  if (rate === 0) return Infinity
  return Math.max(1, Math.floor(Math.max(rate * 0.01, Math.min(256, rate * 0.1))))
}

class Bandwidth extends PassThrough {
  readonly #rate: number
  readonly #piece: number
  readonly #context: StageContext
  /** Shared with the stage that this one replaces, so that it does not matter which of the two is told to go back. */
  readonly #pipe: Turns
  readonly #continues: boolean
  #joined = false

  constructor({ rate }: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super()
    this.#rate = rate
    this.#piece = pieceSize(rate)
    this.#context = context
    // What a cut pipe held starts to flow when the pipe is mended, and not as if it had been flowing all the time.
    const carried = previous instanceof Bandwidth && previous.#joined && previous.#rate > 0 ? previous.#pipe : undefined
    this.#continues = carried !== undefined
    this.#pipe = carried ?? new Turns()
  }

  open(at: number): void {
    this.#joined = true
    if (!this.#continues) this.#pipe.notBefore(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    this.#context.counters.applied++
    let welcome = AT_ONCE
    for (let start = 0; start < bytes.length; start += this.#piece) {
      const piece = bytes.length <= this.#piece ? bytes : bytes.subarray(start, start + this.#piece)
      const duration = (piece.length / this.#rate) * 1000
      this.#pipe.take(piece.length, at, duration)
      welcome = Math.max(welcome, this.next.chunk(piece, this.#pipe.freeAt))
    }
    return this.#pipe.welcomeAt(welcome)
  }

  rewind(bytes: number): void {
    this.#pipe.takeBack(bytes)
  }
}

export const bandwidth = defineFault({
  type: 'bandwidth',
  layer: 'transport',
  effect: 'timing',
  summary: 'Limits each connection to a number of bytes per second.',
  details: `Each connection and direction has the full \`rate\` for itself. Bytes are delivered when they have crossed the pipe: the wait comes before
them, so 250 bytes at 1000 B/s arrive as 100 bytes after 100 ms, 100 after 200 ms and 50 after 250 ms. Large chunks are cut into pieces of about 10 ms (at
low rates: up to 256 bytes or 100 ms, whichever is less; never less than a byte). A pipe that was idle has saved up nothing. The sender is slowed down
through TCP: little more than one read waits in the proxy.

The end of the stream follows the last byte. With \`rate\` 0 the connection is cut: it stays open, and what was read is held until the fault changes or goes;
an end is held only behind bytes that are held.

Updating takes effect at once and times what is held anew, as if the new rate had applied since it began to cross; coming from 0, from the update
on. Removing delivers what is held at once.

Stands for a thin or shared line, a throttled tenant, and with 0 for a dead link that nobody has noticed yet. The rate is that of the
payload: TCP and IP headers are not counted, and the kernel's socket buffers on both sides of the proxy add a burst at the start of what
the *sender* sees.`,
  params,
  toxic: [
    {
      name: 'rate',
      unit: 'KB/s',
      toParams: (value) => ({ rate: value * KB }),
      // A slow line is not a cut one.
      fromParams: (p) => (p.rate === 0 ? 0 : Math.max(1, Math.round(p.rate / KB))),
      refuse: (value) => (value < 0 ? 'a rate cannot be negative; 0 lets nothing through' : undefined),
    },
  ],
  stage: (p, context, previous) => new Bandwidth(p, context, previous),
})
