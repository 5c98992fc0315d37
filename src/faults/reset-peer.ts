import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/stage-factory.ts'
import { defineFault } from './define.ts'
import { EndsSession } from './ends-session.ts'
import { duration } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const params = z.object({
  timeout: duration()
    .prefault(0)
    .describe('How long after the first byte (or the close) of its direction the reset comes.'),
})

class ResetPeer extends EndsSession {
  readonly #timeout: number
  /** A chunk or an end was swallowed: the session is lost. */
  #swallowed = false
  /** When the first of these is due here; `Infinity` = it waits in front for ever, or nothing was swallowed. */
  #swallowedAt = Infinity

  constructor({ timeout }: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, 'reset')
    this.#timeout = timeout
    if (previous instanceof ResetPeer) {
      this.#swallowed = previous.#swallowed
      this.#swallowedAt = previous.#swallowedAt
      this.aborted = previous.aborted
    }
  }

  open(at: number): void {
    if (this.#swallowed && !this.aborted) this.wakeAt = Math.max(at, this.#swallowedAt + this.#timeout)
  }

  override chunk(_bytes: Buffer, at: number): number {
    this.#swallow(at)
    return AT_ONCE
  }

  override end(at: number): void {
    this.#swallow(at)
  }

  /** Bytes are missing, so the session must not go on. */
  removed(at: number): void {
    if (this.#swallowed) this.endSession(at)
  }

  unselected(at: number): void {
    this.removed(at)
  }

  #swallow(at: number): void {
    this.context.counters.applied++
    this.#swallowed = true
    if (at >= this.#swallowedAt || this.aborted) return
    this.#swallowedAt = at
    this.wakeAt = at + this.#timeout
  }
}

export const resetPeer = defineFault({
  type: 'reset_peer',
  layer: 'transport',
  effect: 'ending',
  summary: 'Resets the connection (TCP RST) once it is used.',
  details: `Waits for the first bytes, or the close, in its direction; swallows them and whatever follows; \`timeout\` later both peers get a reset (RST): they read
\`ECONNRESET\`. More bytes do not move that time. Bytes of the other direction pass meanwhile. An idle connection is never reset. It works on connections that
were open before the fault was added, and leaves the ordinary close of connections that the draw spares alone.

Updating before the first bytes simply changes the time; updating after them moves the reset to the first bytes plus the new \`timeout\`, not before now. Removing
it, or a new draw that spares the connection, after it has swallowed bytes resets at once, because bytes are missing; before, nothing happens.

Stands for a crashed or restarted process, a full accept queue, a load balancer or firewall that kills flows. Bytes that the peers have not read
when the reset comes may be lost, as with every RST.`,
  params,
  toxic: [
    {
      name: 'timeout',
      unit: 'ms',
      toParams: (value) => ({ timeout: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.timeout),
    },
  ],
  stage: (p, context, previous) => new ResetPeer(p, context, previous),
})
