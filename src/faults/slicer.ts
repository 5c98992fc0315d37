import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { Random } from '../core/random.ts'
import type { StageContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { duration, size } from './params.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'
import { Turns } from './turns.ts'

const params = z.object({
  average_size: size().describe('Size that pieces have on average. 0 = chunks are not cut.'),
  size_variation: size()
    .prefault(0)
    .describe('By how much the size of pieces varies both ways; less than the average.'),
  delay: duration().prefault(0).describe('Rest after each piece, the last one of a chunk included.'),
})

/**
 * A chunk is cut about so many times at most. A read is up to 65 000 bytes; cut into single bytes it would take 250 times its memory,
 * and what waits can be megabytes when the fault is added.
 */
const MOST_PIECES = 1024

/**
 * Where to cut `length` bytes: the end of each piece. What is larger than average + variation is halved, the middle shifted by
 * chance, until nothing is. Toxiproxy recurses here without end for some sizes; pieces of at least one byte always make an end.
 */
export function cut(length: number, average: number, variation: number, random: Random): readonly number[] {
  const feasible = Math.max(average, Math.ceil(length / MOST_PIECES))
  const final = average > 0 ? feasible + variation : Infinity
  const cuts: number[] = []
  const open = [length]
  let start = 0
  for (let end = open.pop(); end !== undefined; end = open.pop()) {
    const piece = end - start
    if (piece <= final) {
      cuts.push(end)
      start = end
    } else {
      const shift = variation > 0 ? Math.floor(random.next() * 2 * variation) - variation : 0
      const middle = Math.floor(piece / 2) + shift
      open.push(end, start + Math.min(piece - 1, Math.max(1, middle)))
    }
  }
  return cuts
}

class Slicer extends PassThrough {
  readonly #params: z.output<typeof params>
  readonly #context: StageContext
  readonly #turns: Turns
  #joined = false

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super()
    this.#params = p
    this.#context = context
    this.#turns = previous instanceof Slicer && previous.#joined ? previous.#turns : new Turns()
  }

  open(): void {
    this.#joined = true
  }

  override chunk(bytes: Buffer, at: number): number {
    const { average_size: average, size_variation: variation, delay } = this.#params
    const ends = cut(bytes.length, average, variation, this.#context.random)
    if (ends.length > 1 || delay > 0) this.#context.counters.applied++
    let welcome = AT_ONCE
    let start = 0
    for (const end of ends) {
      const due = delay > 0 ? this.#turns.take(end - start, at, delay) : at
      welcome = Math.max(welcome, this.next.chunk(bytes.subarray(start, end), due))
      start = end
    }
    return this.#turns.welcomeAt(welcome)
  }

  rewind(bytes: number): void {
    this.#turns.takeBack(bytes)
  }
}

export const slicer = defineFault({
  type: 'slicer',
  layer: 'transport',
  effect: 'timing',
  summary: 'Cuts chunks into small pieces, with an optional rest after each.',
  details: `A chunk larger than \`average_size\` + \`size_variation\` is halved, the middle shifted by up to \`size_variation\` bytes either way, and both halves are treated the
same way; so pieces have roughly between half the average and average + variation bytes (250 bytes with an average of 100: 62, 63, 62, 63), and at least one. A
chunk (a read is up to 65 000 bytes) is cut into about ${MOST_PIECES} pieces at most. With \`average_size\` 0 chunks are not cut. After each piece, the last one included, \`delay\` passes before the next one goes: the first leaves at once. Order and content do not
change, the end of the stream follows the last piece, and a sender that is faster than the rests allow is slowed down through TCP.

Updating cuts and times what is held anew; what is cut stays cut. Removing delivers what is held at once.

Stands for small packets and slow start, and brings out code that takes one read for one message. Each piece is a write of its own with TCP_NODELAY set,
but without a \`delay\` the kernel or the reader may still join pieces: nothing in TCP keeps them apart.`,
  example: { average_size: '64B', size_variation: '16B', delay: '2ms' },
  params,
  toxic: [
    {
      name: 'average_size',
      unit: 'bytes',
      toParams: (value) => ({ average_size: Math.max(0, value) }),
      fromParams: (p) => p.average_size,
    },
    {
      name: 'size_variation',
      unit: 'bytes',
      toParams: (value) => ({ size_variation: Math.max(0, value) }),
      fromParams: (p) => p.size_variation,
    },
    {
      name: 'delay',
      unit: 'µs',
      toParams: (value) => ({ delay: Math.max(0, value) / 1000 }),
      fromParams: (p) => Math.round(p.delay * 1000),
    },
  ],
  stage: (p, context, previous) => new Slicer(p, context, previous),
})
