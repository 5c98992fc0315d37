import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { EndsSession } from './ends-session.ts'
import { duration } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const params = z.object({
  timeout: duration().prefault(0).describe('How long after its trigger the reset comes.'),
  trigger: z
    .enum(['first-data', 'connect', 'idle'], { error: 'expected first-data, connect or idle' })
    .default('first-data')
    .describe(
      'From when the time counts: the first byte (or the close) of its direction, the opening of the connection, or the last byte.',
    ),
  side: z
    .enum(['both', 'client', 'server'], { error: 'expected both, client or server' })
    .default('both')
    .describe('Which peer gets the reset. With one alone, the other gets an orderly close.'),
})

const HOW = { both: 'reset', client: 'reset-client', server: 'reset-server' } as const

class ResetPeer extends EndsSession {
  readonly #timeout: number
  readonly #trigger: z.output<typeof params>['trigger']
  #joined = false
  #openedAt = Infinity
  /** Of the bytes that passed, when the last was due here; not before the stage joined. */
  #busyAt = Infinity
  /** The stream is over: that no more bytes come is not idleness. */
  #streamEnded = false
  /** A chunk or an end was swallowed: the session is lost. */
  #swallowed = false
  /** When the first of these is due here; `Infinity` = it waits in front for ever, or nothing was swallowed. */
  #swallowedAt = Infinity

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, HOW[p.side])
    this.#timeout = p.timeout
    this.#trigger = p.trigger
    if (previous instanceof ResetPeer) {
      this.#openedAt = previous.#openedAt
      // While the session was spared nobody saw what passed: the time without bytes counts anew.
      if (previous.#joined) this.#busyAt = previous.#busyAt
      this.#streamEnded = previous.#streamEnded
      this.#swallowed = previous.#swallowed
      this.#swallowedAt = previous.#swallowedAt
      this.aborted = previous.aborted
    }
  }

  open(at: number): void {
    this.#joined = true
    this.#openedAt = Math.min(this.#openedAt, at)
    if (this.#busyAt === Infinity) this.#busyAt = at
    this.#arm(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.#swallows()) return this.#swallow(at)
    // Bytes that a delay in front lets through only after the reset is due do not put it off.
    if (at < this.#dueAt()) this.#busyAt = Math.max(this.#busyAt, at)
    this.#arm()
    return this.next.chunk(bytes, at)
  }

  override end(at: number): void {
    this.#streamEnded = true
    if (this.#swallows()) {
      this.#swallow(at)
    } else {
      this.#arm()
      this.next.end(at)
    }
  }

  /** Bytes are missing, so the session must not go on. */
  removed(at: number): void {
    if (this.#swallowed) this.endSession(at)
  }

  unselected(at: number): void {
    this.removed(at)
    this.#joined = false
  }

  #swallows(): boolean {
    return this.#trigger === 'first-data' || this.#swallowed || this.aborted
  }

  #swallow(at: number): number {
    this.context.counters.applied++
    this.#swallowed = true
    this.#swallowedAt = Math.min(this.#swallowedAt, at)
    this.#arm()
    return AT_ONCE
  }

  #arm(notBefore = -Infinity): void {
    if (!this.aborted) this.wakeAt = Math.max(notBefore, this.#dueAt())
  }

  #dueAt(): number {
    if (this.#swallowed) return this.#swallowedAt + this.#timeout
    if (this.#trigger === 'connect') return this.#openedAt + this.#timeout
    return this.#trigger === 'idle' && !this.#streamEnded ? this.#busyAt + this.#timeout : Infinity
  }
}

export const resetPeer = defineFault({
  type: 'reset_peer',
  layer: 'transport',
  effect: 'ending',
  summary: 'Resets the connection (TCP RST): once it is used, after a time, or when it is idle.',
  details: `What starts the time is the \`trigger\`:

- \`first-data\`: the first bytes, or the close, in its direction. They are swallowed, with whatever follows; \`timeout\` later the reset comes. More bytes do not move that
time. An idle connection is never reset.
- \`connect\`: the opening of the connection; for one that was open before, the moment when it met the fault. Bytes and ends pass until \`timeout\` is over.
- \`idle\`: the last byte in its direction, or the opening. Bytes pass, and each starts the time anew; when \`timeout\` passes without any, the reset comes. A
direction that has ended is not idle.

With \`side: both\` both peers get a reset (RST): they read \`ECONNRESET\`. With \`client\` or \`server\` that peer alone gets it, and the other an orderly close. Bytes of the other
direction pass until then. Where other faults still hold bytes of its direction, the reset comes behind these. It works on connections that were open before the fault was added, and leaves the ordinary close of
connections that the draw spares alone.

Updating counts the new \`timeout\` from the same start, not before now; a connection whose bytes were swallowed stays lost, whatever the new trigger. Removing
it, or a new draw that spares the connection, after it has swallowed bytes resets at once, because bytes are missing; before, nothing happens.

Stands for a crashed or restarted process, a full accept queue, a load balancer or firewall that kills flows (\`idle\`: that forgets quiet ones; \`connect\`: that limits their
age). Bytes that the peers have not read when the reset comes may be lost, as with every RST.`,
  example: { timeout: '500ms' },
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
