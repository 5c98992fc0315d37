import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Direction } from '../core/words.ts'
import { defineFault } from './define.ts'
import { EndsSession } from './ends-session.ts'
import { duration } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const params = z.object({
  side: z
    .enum(['server', 'client'], { error: 'expected server or client' })
    .default('server')
    .describe('Which peer vanishes. The other one is not told.'),
  after: duration().prefault(0).describe('How long after its trigger the peer vanishes.'),
  trigger: z
    .enum(['open', 'first-data'], { error: 'expected open or first-data' })
    .default('open')
    .describe('From when the time counts: the opening of the connection, or the first byte of either direction.'),
})

/** What both directions of a session know: the loss is one. */
interface Loss {
  /** The direction that saw the first bytes. */
  firstData: Direction | undefined
  done: boolean
}

class HalfOpen extends EndsSession {
  readonly #params: z.output<typeof params>
  readonly #loss: Loss
  #openedAt = Infinity
  /** When the first bytes of the session were due here; `Infinity` = it was the other direction that saw them, or none has. */
  #firstDataAt = Infinity

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, p.side === 'server' ? 'lose-server' : 'lose-client')
    this.#params = p
    this.#loss = context.shared<Loss>('session', () => ({ firstData: undefined, done: false }))
    if (previous instanceof HalfOpen) {
      this.#openedAt = previous.#openedAt
      this.#firstDataAt = previous.#firstDataAt
      this.aborted = previous.aborted
    }
  }

  open(at: number): void {
    this.#openedAt = Math.min(this.#openedAt, at)
    this.#arm(at)
  }

  override wake(at: number): void {
    if (at < this.wakeAt) return
    // Each direction has a clock of its own; an update of the trigger may have left both running.
    if (this.#loss.done) this.wakeAt = Infinity
    else this.#lose(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.aborted) return this.#swallow()
    if (at < Infinity) this.#loss.firstData ??= this.context.direction
    if (this.#loss.firstData === this.context.direction && at < this.#firstDataAt) {
      this.#firstDataAt = at
      this.#arm(at)
    }
    return this.next.chunk(bytes, at)
  }

  override end(at: number): void {
    if (this.aborted) this.#swallow()
    else this.next.end(at)
  }

  #lose(at: number): void {
    this.#loss.done = true
    this.endSession(at)
  }

  #swallow(): number {
    this.context.counters.applied++
    return AT_ONCE
  }

  #arm(at: number): void {
    if (this.aborted || this.#loss.done) return
    const { trigger, after } = this.#params
    const start = trigger === 'first-data' ? this.#firstDataAt : this.#acts() ? this.#openedAt : Infinity
    this.wakeAt = Math.max(at, start + after)
  }

  /** The loss is in order behind what the peer that vanishes has sent. */
  #acts(): boolean {
    const towardsServer = this.context.direction === 'upstream'
    return towardsServer === (this.#params.side === 'client')
  }
}

export const halfOpen = defineFault({
  type: 'half_open',
  layer: 'transport',
  effect: 'ending',
  summary: 'Makes one side vanish, and does not tell the other.',
  details: `Bytes pass in both directions until, \`after\` its \`trigger\`, the proxy resets (RST) the connection of \`side\` and keeps the other one open. The peer that is left is
told nothing: its connection looks healthy, what it sends is taken and vanishes, and nothing comes back. It finds out by its own timeouts. When it closes, the session
is over; if it had shut down its side before that, a minute after the loss.

\`trigger: open\` counts from the opening of the connection; for one that was open before, from the moment when it met the fault. \`first-data\` counts from the first byte
of either direction; a connection that is never used stays whole. Bytes that were under way before the loss are delivered first, in the direction that the loss travels in: what the
peer that vanishes has sent, or with \`first-data\` what came in the direction of the first byte. What the RST overtakes on the other side is lost.

It acts on both directions of a session at once. Updating before the loss counts the new \`after\` from the same start, not before now; what is lost stays lost: no
update brings a peer back. Removing the fault resets the connection that is left, because bytes are missing.

Stands for a server that lost power and came back, a container that was killed behind a load balancer, a NAT or firewall that forgot one side of a flow. It brings out pools without keep-alive and
reads without a timeout. Unlike after a real power failure nothing on the other side ever answers the peer that is left with a reset.`,
  example: { side: 'server', after: '5s' },
  params,
  directions: ['both'],
  stage: (p, context, previous) => new HalfOpen(p, context, previous),
})
