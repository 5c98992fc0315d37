import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { EndsSession } from './ends-session.ts'
import { duration } from './params.ts'

const params = z.object({
  after: duration().describe('How long after it met the fault a session is ended.'),
  jitter: duration().prefault(0).describe('The time of each session varies by up to this much both ways, uniformly.'),
  how: z
    .enum(['close', 'reset'], { error: 'expected close or reset' })
    .default('close')
    .describe('An orderly close of both sides behind what the proxy holds for the client, or a reset (RST) of both.'),
})

/** Both directions have one; that of the answers acts, so that those which are under way come before the end. */
class Lifetime extends EndsSession {
  readonly #params: z.output<typeof params>
  readonly #acts: boolean
  /** When the session met the fault; `NaN` = not yet. */
  #metAt = NaN
  /** -1…1: what the session drew of its jitter; `NaN` = not yet. */
  #luck = NaN

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, p.how === 'close' ? 'destroy' : 'reset')
    this.#params = p
    this.#acts = context.direction === 'downstream'
    if (!(previous instanceof Lifetime)) return
    this.#metAt = previous.#metAt
    this.#luck = previous.#luck
    this.aborted = previous.aborted
  }

  open(at: number): void {
    if (!this.#acts || this.aborted) return
    if (Number.isNaN(this.#metAt)) this.#metAt = at
    if (Number.isNaN(this.#luck)) this.#luck = this.context.random.next() * 2 - 1
    const { after, jitter } = this.#params
    this.wakeAt = Math.max(at, this.#metAt + after + this.#luck * jitter)
  }
}

export const lifetime = defineFault({
  type: 'lifetime',
  layer: 'connection',
  effect: 'ending',
  summary: 'Ends each session after a fixed time, used or not.',
  details: `A session is ended \`after\` (± \`jitter\`, drawn once for each session) from when it met the fault: from its beginning, or from when the fault was added if it was older. Until then
everything passes untouched. \`close\` closes both sides in an orderly way, behind what the proxy holds for the client and for the server; \`reset\` resets both (RST) behind what it
holds for the client, and bytes that a peer has not read by then may be lost. It does not matter whether the session is idle, in the middle of an answer or half closed.

Updating moves the end: the time still counts from when the session met the fault, with the same draw, and what would be in the past is now. A session that a new draw
spares and a later one selects again keeps its count. Removing lets sessions live.

Stands for load balancers, poolers and servers with a maximum connection age (\`maxConnectionAge\` of gRPC, \`server_lifetime\` of PgBouncer, rolling restarts, rotating credentials), which
close a connection that was used a moment ago. It brings out pools that do not expect it between two requests, and clients that all come again at once: \`jitter\` spreads
them.`,
  example: { after: '30s', jitter: '5s', how: 'close' },
  params,
  directions: ['both'],
  stage: (p, context, previous) => new Lifetime(p, context, previous),
})
