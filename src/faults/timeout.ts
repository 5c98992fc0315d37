import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { EndsSession } from './ends-session.ts'
import { duration } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const params = z.object({
  timeout: duration().prefault(0).describe('Closes the connection after that long without incoming bytes. 0 = never.'),
})

class Timeout extends EndsSession {
  readonly #timeout: number
  #ended = false

  constructor({ timeout }: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, 'destroy')
    this.#timeout = timeout
    if (previous instanceof Timeout) {
      this.#ended = previous.#ended
      this.aborted = previous.aborted
    }
  }

  open(at: number): void {
    this.#restart(at)
  }

  override chunk(_bytes: Buffer, at: number): number {
    this.context.counters.applied++
    // Bytes that a delay in front lets through only after the deadline do not keep the connection alive.
    if (at < this.wakeAt) this.#restart(at)
    return AT_ONCE
  }

  override end(at: number): void {
    this.#ended = true
    this.wakeAt = Infinity
    this.next.end(at)
  }

  /** Bytes may have been lost, so the connection must not go on as if nothing had happened. */
  removed(at: number): void {
    this.endSession(at)
  }

  #restart(at: number): void {
    if (this.#timeout > 0 && !this.#ended && !this.aborted) this.wakeAt = at + this.#timeout
  }
}

export const timeout = defineFault({
  type: 'timeout',
  layer: 'transport',
  effect: 'loss',
  summary: 'Drops all bytes, and closes the connection after a time without any.',
  details: `Drops every byte of its direction; the other direction flows. With \`timeout\` above 0 the connection is closed (in an orderly way, both sides)
after that long without an incoming chunk in this direction: each dropped chunk starts the time anew, and an idle connection is closed \`timeout\` after it
was opened or the fault was added. With 0 it never closes by itself. A close or reset by the peer passes through.

Updating does not close: the new time starts at the update. Setting \`toxicity\` to 0 lets later bytes through; those dropped before stay lost. **Removing
it closes every live connection of the proxy that has this direction**, those that the draw had spared included (but none that its \`match\`, \`existing\` or \`limits\` leave out), because bytes may be missing.

Stands for a peer that has vanished without a word: a crashed host, a firewall that drops silently, a dead NAT entry.`,
  example: { timeout: '3s' },
  params,
  toxic: [
    {
      name: 'timeout',
      unit: 'ms',
      toParams: (value) => ({ timeout: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.timeout),
    },
  ],
  stage: (p, context, previous) => new Timeout(p, context, previous),
})
