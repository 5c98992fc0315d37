import { z } from 'zod'
import { plainCells } from '../core/cells.ts'
import type { AbortHow } from '../core/outlet.ts'
import { randomFor } from '../core/random.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { jittered } from './jitter.ts'
import { duration } from './params.ts'
import { PassThrough } from './pass-through.ts'
import { PATH_CELLS, StallPath } from './stall-path.ts'

const params = z
  .object({
    every: duration().describe(
      'From the beginning of one stall to that of the next; the first one begins that long after the start.',
    ),
    for: duration().describe('How long a stall lasts; less than `every`.'),
    jitter: duration().prefault(0).describe('The length of each stall varies by up to this much both ways, uniformly.'),
    scope: z
      .enum(['proxy', 'session'], { error: 'expected proxy or session' })
      .default('proxy')
      .describe('Who stalls together: all connections of the proxy, or the two directions of each connection.'),
  })
  .refine((p) => p.for + p.jitter < p.every, {
    path: ['for'],
    error: 'expected a stall that, with `jitter` added, is shorter than `every`',
  })

/** How long before the end of a stall the sender may go on, so that something is there when it is over. */
const LEAD_MS = 20

/** A session is in one thread; the sessions of a proxy are in all. */
function pathOf(scope: 'proxy' | 'session', context: StageContext): StallPath {
  return context.shared(scope, () => {
    const cells = scope === 'proxy' ? context.cells() : plainCells(PATH_CELLS)
    return new StallPath(cells, context.random)
  })
}

/** Keeps no pacing state: when a stall is, follows from its number, so that bytes that pass again meet the same stalls. */
class Stall extends PassThrough {
  readonly #params: z.output<typeof params>
  readonly #context: StageContext
  readonly #path: StallPath

  constructor(p: z.output<typeof params>, context: StageContext) {
    super()
    this.#params = p
    this.#context = context
    this.#path = pathOf(p.scope, context)
  }

  open(at: number): void {
    this.#path.begin(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    const due = this.#due(at)
    const welcome = this.next.chunk(bytes, due)
    return due > at ? Math.max(welcome, due - LEAD_MS) : welcome
  }

  override end(at: number): void {
    this.next.end(this.#due(at))
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    this.next.abort(this.#due(at), how, ending)
  }

  /** When what comes at `at` goes on. */
  #due(at: number): number {
    const { every } = this.#params
    const { start } = this.#path
    if (start === undefined || at === Infinity) return at
    let number = Math.floor((at - start) / every)
    // The quotient may be rounded to below the whole number that it is.
    if (at >= start + (number + 1) * every) number++
    // So short that it cannot be counted: such stalls are over at once.
    if (number < 1 || number === Infinity) return at
    const length = Math.min(this.#lengthOf(number), every)
    const end = start + number * every + length
    if (!(at < end)) return at
    this.#context.counters.applied++
    if (this.#path.isNew(number)) this.#context.record(at, 'stall', { ms: length })
    return end
  }

  #lengthOf(number: number): number {
    const { for: length, jitter } = this.#params
    return jitter === 0 ? length : jittered(length, jitter, randomFor(this.#path.luck, number))
  }
}

export const stall = defineFault({
  type: 'stall',
  layer: 'transport',
  effect: 'timing',
  summary: 'Stops the path for a while, again and again.',
  details: `Every \`every\` the path stops \`for\` (± \`jitter\`) and then goes on as if nothing had happened: what comes to it during a stall, bytes as well as a close or a reset,
waits until the stall is over and then goes at once, in order. Between stalls nothing is touched. The sender is slowed down through TCP: little more than one read waits in the proxy.

Stalls are counted from when the first session met the fault (with \`scope: session\`: from when the session itself met it), and the first begins \`every\` later. All sessions of
the proxy and both directions stall at the same time; with \`scope: session\` both directions of each session do. The length of a stall is drawn once for all who share it.

Updating keeps the start, applies the new times to the stalls since, and times what is held anew, counted from when it arrived. Removing delivers what is held at once. Each stall
that meets something is put on record once.

Stands for a path or a peer that is away for a moment: garbage collection, a paused or migrating virtual machine, fail-over of a router, a phone that changes cells, a disk that
does not answer. It brings out time-outs and health checks that are shorter than a pause that heals by itself. Connecting is not delayed, and a fault behind this one in the list
may deliver during a stall what had passed before it.`,
  example: { every: '10s', for: '2s', jitter: '500ms' },
  params,
  cells: PATH_CELLS,
  directions: ['both', 'downstream', 'upstream'],
  stage: (p, context) => new Stall(p, context),
})
