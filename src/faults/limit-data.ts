import { z } from 'zod'
import type { AbortHow, Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { EndsSession, isFromPeer } from './ends-session.ts'
import { size } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const params = z.object({
  bytes: size().describe('Bytes that each connection may carry in this direction before it is ended.'),
  end: z
    .enum(['close', 'reset', 'stall'], { error: 'expected close, reset or stall' })
    .default('close')
    .describe(
      'What happens then: an orderly close, a reset (RST) of both peers, or silence: nothing passes any more, no end either.',
    ),
})

class LimitData extends EndsSession {
  readonly #limit: number
  readonly #stalls: boolean
  #passed = 0
  #stalled = false
  /** Something has vanished in the stall, so that the session must not go on as if nothing had happened. */
  #lost = false

  constructor({ bytes, end }: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, end === 'reset' ? 'reset' : 'destroy')
    this.#limit = bytes
    this.#stalls = end === 'stall'
    if (previous instanceof LimitData) {
      this.#passed = previous.#passed
      this.aborted = previous.aborted
      this.#lost = previous.#lost
      this.#stalled = this.#stalls && previous.#stalled && (this.#lost || this.#passed >= bytes)
    }
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.aborted || this.#stalled) return this.#drop()
    const left = this.#lost ? 0 : Math.max(0, this.#limit - this.#passed)
    if (bytes.length < left) {
      this.#passed += bytes.length
      return this.next.chunk(bytes, at)
    }
    this.#passed += left
    if (left > 0) this.next.chunk(left === bytes.length ? bytes : bytes.subarray(0, left), at)
    if (bytes.length > left) this.#lost = true
    if (this.#stalls) this.#stall(at)
    else this.endSession(at, undefined, { bytes: this.#passed })
    return AT_ONCE
  }

  override end(at: number): void {
    if (this.aborted || this.#stalled) this.#drop()
    else this.next.end(at)
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (this.#stalled && isFromPeer(ending)) this.#drop()
    else super.abort(at, how, ending)
  }

  removed(at: number): void {
    if (this.#lost) this.endSession(at, 'reset')
  }

  unselected(at: number): void {
    this.removed(at)
  }

  #stall(at: number): void {
    this.#stalled = true
    this.context.counters.applied++
    this.context.record(at, 'stall', { bytes: this.#passed })
  }

  #drop(): number {
    this.context.counters.applied++
    this.#lost = true
    return AT_ONCE
  }
}

export const limitData = defineFault({
  type: 'limit_data',
  layer: 'transport',
  effect: 'ending',
  summary: 'Ends the connection after a number of bytes.',
  details: `Passes the first \`bytes\` bytes of its direction, cutting inside a chunk if need be, and then ends the connection. Reaching the number exactly ends it
too. With 0 nothing passes and the first byte ends it; an idle connection stays open. The other direction flows until the end. A connection that
ends before the limit is not touched.

- \`end: close\`: the bytes are delivered, and both sides are closed in an orderly way.
- \`end: reset\`: both peers get a reset (RST) behind the bytes; what the kernel has not delivered by then may be lost, as with every RST.
- \`end: stall\`: the bytes are delivered, and then nothing more: later bytes vanish, and so does a close or a reset by the side that sends them. The connection hangs
open, as with a server that has died without a word. The other direction flows, and its ends pass.

The count of a connection starts when the fault meets it and survives updates: going from 10 to 12 after 5 bytes lets 7 more pass; going below what has passed
ends it on the next byte. Removing it lets everything after pass, unless the end is under way. Where bytes, a close or a reset have vanished in a
stall the connection cannot go on: a higher limit leaves it stalled, another \`end\` acts on the next byte, and removing the fault (or a new draw that spares the
connection) resets it at once.

Stands for a server that dies or hangs in the middle of an answer, a proxy with a body limit, a truncated download that looks like a clean end.`,
  example: { bytes: '4KiB' },
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
