import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Direction } from '../core/words.ts'
import { defineFault } from './define.ts'
import { rate, size } from './params.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'
import { Lane, PIPE_CELLS, SharedPipe } from './shared-pipe.ts'
import { Turns } from './turns.ts'

/** What any pipe has. */
export const pipeFields = {
  rate: rate().describe('How much the pipe carries per second in this direction. 0 lets nothing through.'),
  burst: size()
    .prefault(0)
    .describe('How much an idle pipe saves up, to let it pass at once. 0 = nothing: every byte takes its time.'),
}

const params = z.object({
  ...pipeFields,
  scope: z
    .enum(['session', 'proxy'], { error: 'expected session or proxy' })
    .default('session')
    .describe('Whose pipe it is: each connection has one for itself, or all connections of the proxy share one.'),
})

/** Toxiproxy's KB: 1000 bytes. */
const KB = 1000

/** Small enough to look like a flow, large enough to cost little; at low rates at most 100 ms, as Toxiproxy's pieces are. */
function pieceSize(rate: number): number {
  if (rate === 0) return Infinity
  return Math.max(1, Math.floor(Math.max(rate * 0.01, Math.min(256, rate * 0.1))))
}

/**
 * A chunk is cut about so many times at most: at a byte per second a read of 65 000 would be as many pieces, which take 14 ms and 16 MB, and
 * three times that on a shared pipe.
 */
const MOST_PIECES = 1024

/** 30 000 years: far beyond any use, and sums stay exact to a fraction of a millisecond. */
const LONGEST_SAVED_MS = 1e15

/** The time that `burst` takes to cross: how far the pipe may lie behind the bytes that it carries. */
function savedTime(rate: number, burst: number): number {
  return rate === 0 ? 0 : Math.min((burst / rate) * 1000, LONGEST_SAVED_MS)
}

/** Bytes, or milliseconds, that are only the rounding of sums. */
const DUST = 1e-6

/** One pipe for each direction. */
export const BANDWIDTH_CELLS = 2 * PIPE_CELLS

/** What all sessions of the proxy share. */
function pipesOf(context: StageContext): Readonly<Record<Direction, SharedPipe>> {
  return context.shared('proxy', () => {
    const cells = context.cells()
    return { upstream: new SharedPipe(cells), downstream: new SharedPipe(cells, PIPE_CELLS) }
  })
}

/** `scope: session` = this stage, with those that it replaces, has a pipe for itself. */
export class Bandwidth extends PassThrough {
  readonly #rate: number
  readonly #piece: number
  readonly #saved: number
  readonly #context: StageContext
  /** Shared with the stage that this one replaces, so that it does not matter which of the two is told to go back. */
  readonly #pipe: Turns | Lane
  readonly #start: 'goes on' | 'full' | 'empty'
  #joined = false

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super()
    this.#rate = p.rate
    this.#piece = pieceSize(p.rate)
    this.#saved = savedTime(p.rate, p.burst)
    this.#context = context
    const before = previous instanceof Bandwidth && previous.#joined ? previous : undefined
    if (p.scope === 'proxy') {
      const pipe = pipesOf(context)[context.direction]
      const lane = before === undefined ? undefined : before.#pipe
      this.#pipe = lane instanceof Lane && lane.pipe === pipe ? lane : new Lane(pipe)
      this.#start = 'goes on'
    } else {
      // What a cut pipe held starts to flow when the pipe is mended, and not as if it had been flowing all the time.
      const carried =
        before !== undefined && before.#rate > 0 && before.#pipe instanceof Turns ? before.#pipe : undefined
      this.#pipe = carried ?? new Turns()
      this.#start = carried !== undefined ? 'goes on' : before === undefined ? 'full' : 'empty'
    }
  }

  open(at: number): void {
    this.#joined = true
    if (this.#pipe instanceof Lane) this.#pipe.pipe.open(this.#rate, this.#saved, at)
    else if (this.#start !== 'goes on') this.#pipe.notBefore(this.#start === 'full' ? at - this.#saved : at)
  }

  override chunk(bytes: Buffer, at: number): number {
    this.#context.counters.applied++
    const least = Math.ceil(bytes.length / MOST_PIECES)
    let welcome = AT_ONCE
    let start = 0
    while (start < bytes.length) {
      const size = Math.max(this.#sizeAt(at), least)
      const piece = start === 0 && bytes.length <= size ? bytes : bytes.subarray(start, start + size)
      this.#pipe.take(piece.length, at - this.#saved, (piece.length / this.#rate) * 1000)
      welcome = Math.max(welcome, this.next.chunk(piece, this.#due(at)))
      start += piece.length
    }
    return this.#pipe.welcomeAt(welcome)
  }

  rewind(bytes: number): void {
    this.#pipe.takeBack(bytes)
  }

  /** What is saved up goes in one piece. */
  #sizeAt(at: number): number {
    if (this.#saved === 0) return this.#piece
    const time = at - this.#pipe.begins(at - this.#saved)
    const ready = Math.floor((time * this.#rate) / 1000 + DUST)
    return ready >= 1 ? ready : this.#piece
  }

  #due(at: number): number {
    const { freeAt } = this.#pipe
    return this.#saved > 0 && freeAt <= at + DUST ? at : freeAt
  }
}

export const bandwidth = defineFault({
  type: 'bandwidth',
  layer: 'transport',
  effect: 'timing',
  summary: 'Limits connections, each or all together, to a number of bytes per second.',
  details: `Bytes are delivered when they have crossed the pipe: the wait comes before them, so 250 bytes at 1000 B/s arrive as 100 bytes after 100 ms, 100 after
200 ms and 50 after 250 ms. Large chunks are cut into pieces of about 10 ms (at low rates: up to 256 bytes or 100 ms, whichever is less; never less than a byte, and never more than about ${MOST_PIECES} pieces).
The sender is slowed down through TCP: little more than one read waits in the proxy.

With a \`burst\` the pipe is a token bucket of that depth: it saves up what it could have carried while it was idle, up to \`burst\` bytes, and lets as much
pass at once. A new pipe is full. Without, a pipe that was idle has saved up nothing.

With \`scope: session\` each connection and direction has the full \`rate\` for itself. With \`scope: proxy\` all connections of the proxy share one pipe for each direction, and
never carry more than \`rate\` together. It serves first come, first served, a read at a time (up to 64 KB), and knows no other fairness: connections that always have
something to send get about the same number of reads each, not of bytes, and a small message waits behind the reads that are there before it, which takes up to
(busy connections × 64 KB) / \`rate\`. What a connection had waiting when it was cut off crosses all the same, like packets in a router whose receiver is gone.

The end of the stream follows the last byte. With \`rate\` 0 the connection is cut: it stays open, and what was read is held until the fault changes or goes;
an end is held only behind bytes that are held.

Updating takes effect at once and times what is held anew, as if the new rate and burst had applied since it began to cross; coming from 0, from the update
on, with nothing saved up. What a pipe has saved up is time: at a new rate it is worth more or less, and never more than \`burst\`. Connections on a shared pipe keep their places. With several workers they share one pipe all the same, but what is timed anew may lose its place
to a connection of another worker, and an update reaches the workers one after the other, within milliseconds. Removing delivers what is held at once.

Stands for a thin or shared line, a throttled tenant, and with 0 for a dead link that nobody has noticed yet. The rate is that of the
payload: TCP and IP headers are not counted, and the kernel's socket buffers on both sides of the proxy add a burst at the start of what
the *sender* sees.`,
  example: { rate: '100KB/s' },
  params,
  cells: BANDWIDTH_CELLS,
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
