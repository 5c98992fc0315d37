import { z } from 'zod'
import type { AbortHow, Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/stage-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { size } from './params.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'

const params = z.object({
  bytes: size().describe('Bytes that each connection may carry in this direction before it is closed.'),
})

class LimitData extends PassThrough {
  readonly #limit: number
  readonly #context: StageContext
  #passed = 0
  #closed = false

  constructor({ bytes }: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super()
    this.#limit = bytes
    this.#context = context
    if (previous instanceof LimitData) {
      this.#passed = previous.#passed
      this.#closed = previous.#closed
    }
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.#closed) {
      this.#context.counters.applied++
      return AT_ONCE
    }
    const left = Math.max(0, this.#limit - this.#passed)
    if (bytes.length < left) {
      this.#passed += bytes.length
      return this.next.chunk(bytes, at)
    }
    this.#context.counters.applied++
    this.#closed = true
    this.#passed += left
    if (left > 0) this.next.chunk(left === bytes.length ? bytes : bytes.subarray(0, left), at)
    this.next.abort(at, 'destroy', this.#context.ending)
    return AT_ONCE
  }

  override end(at: number): void {
    if (!this.#closed) this.next.end(at)
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (!this.#closed) this.next.abort(at, how, ending)
  }
}

export const limitData = defineFault({
  type: 'limit_data',
  layer: 'transport',
  effect: 'ending',
  summary: 'Closes the connection after a number of bytes.',
  details: `Passes the first \`bytes\` bytes of its direction, cutting inside a chunk if need be, delivers them, and then closes the connection in an orderly way, on
both sides. Reaching the number exactly closes too. With 0 nothing passes and the first byte closes; an idle connection stays open. The other direction flows until
the close. A connection that ends before the limit is not touched.

The count of a connection starts when the fault meets it and survives updates: going from 10 to 12 after 5 bytes lets 7 more pass; going below what has passed
closes on the next byte. Removing it lets everything after pass, unless the close is under way.

Stands for a server that dies in the middle of an answer, a proxy with a body limit, a truncated download that looks like a clean end.`,
  params,
  toxic: [
    {
      name: 'bytes',
      unit: 'bytes',
      toParams: (value) => ({ bytes: Math.max(0, value) }),
      fromParams: (p) => p.bytes,
    },
  ],
  stage: (p, context, previous) => new LimitData(p, context, previous),
})
