import { z } from 'zod'
import type { AbortHow, Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { EndsSession, isFromPeer } from './ends-session.ts'
import { AT_ONCE } from './pass-through.ts'

class Blackhole extends EndsSession {
  /** Bytes or an end: no retransmission brings them back. */
  #lost = false

  constructor(context: StageContext, previous: Stage | undefined) {
    super(context, 'reset')
    if (previous instanceof Blackhole) {
      this.#lost = previous.#lost
      this.aborted = previous.aborted
    }
  }

  override chunk(): number {
    this.#lose()
    return AT_ONCE
  }

  override end(): void {
    this.#lose()
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (isFromPeer(ending)) this.#lose()
    else super.abort(at, how, ending)
  }

  removed(at: number): void {
    if (this.#lost) this.endSession(at)
  }

  unselected(at: number): void {
    this.removed(at)
  }

  #lose(): void {
    this.#lost = true
    this.context.counters.applied++
  }
}

export const blackhole = defineFault({
  type: 'blackhole',
  layer: 'transport',
  effect: 'loss',
  summary: 'Drops everything, ends included, and tells nobody: a cut cable.',
  details: `Drops every byte of its direction, by default of both, and never closes by itself. A close or reset by a peer is dropped too: the other side keeps an open
connection on which nothing comes any more. Writes succeed, because the proxy goes on reading. What was handed to the kernel before the fault came is delivered.
Other faults can still end the connection, and the proxy drops a session of which both peers have left.

Updating changes nothing. When the fault is removed, or a new draw spares the connection, every connection that has lost bytes or an end is reset at once, on both sides.
On a real path TCP would have sent them again, which a proxy cannot, for it has acknowledged them. Connections that have lost nothing go on.

Stands for a cut cable, a firewall that drops without a word, a network partition. Its relatives: \`timeout\` drops bytes as well, but lets closes and resets pass, can close the
connection after a time, and closes when it is removed. \`bandwidth\` with \`rate\` 0 loses nothing: it holds the bytes, slows the sender down until its writes
block, and delivers when it goes. \`limit_data\` with \`end: stall\` is this in one direction, from a certain byte on.`,
  example: {},
  params: z.object({}),
  directions: ['both', 'downstream', 'upstream'],
  stage: (_, context, previous) => new Blackhole(context, previous),
})
