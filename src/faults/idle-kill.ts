import { z } from 'zod'
import type { AbortHow, Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { EndsSession, isFromPeer } from './ends-session.ts'
import { duration } from './params.ts'
import { AT_ONCE } from './pass-through.ts'

const HOW = ['silent', 'reset', 'close', 'reset-on-use'] as const

const params = z.object({
  after: duration().describe('How long a session may be without bytes in either direction.'),
  how: z
    .enum(HOW, { error: 'expected silent, reset, close or reset-on-use' })
    .default('silent')
    .describe(
      'What then becomes of it: everything vanishes from then on and nobody is told, both sides are reset or closed, or the next use is answered by a reset.',
    ),
})

/** What both directions of a session know. */
interface Entry {
  /** When the last bytes passed, either way. */
  activeAt: number
  /** The session was idle for too long: it is forgotten. */
  expired: boolean
  /** Something vanished: the session must not go on. */
  vanished: boolean
  /** It was ended, by the stage of either direction. */
  ended: boolean
}

class IdleKill extends EndsSession {
  readonly #params: z.output<typeof params>
  readonly #entry: Entry
  readonly #continues: boolean
  #joined = false

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super(context, p.how === 'silent' || p.how === 'close' ? 'destroy' : 'reset')
    this.#params = p
    this.#entry = context.shared('session', () => ({
      activeAt: -Infinity,
      expired: false,
      vanished: false,
      ended: false,
    }))
    this.#continues = previous instanceof IdleKill && previous.#joined
    if (previous instanceof IdleKill) this.aborted = previous.aborted
  }

  open(at: number): void {
    this.#joined = true
    // While it was not at work, bytes may have passed that it does not know of.
    if (!this.#continues) this.#entry.activeAt = Math.max(this.#entry.activeAt, at)
    if (!this.aborted && !this.#entry.ended) this.wakeAt = Math.max(at, this.#expiresAt)
  }

  override chunk(bytes: Buffer, at: number): number {
    if (this.#isGone(at)) {
      this.#use(at)
      return AT_ONCE
    }
    // What waits in front for ever has not passed. Whoever is woken looks at the time again.
    if (at < Infinity) this.#entry.activeAt = Math.max(this.#entry.activeAt, at)
    return this.next.chunk(bytes, at)
  }

  override end(at: number): void {
    if (this.#isGone(at)) this.#use(at)
    else this.next.end(at)
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (isFromPeer(ending) && !this.#entry.ended && this.#isGone(at)) this.#use(at)
    else super.abort(at, how, ending)
  }

  override wake(at: number): void {
    if (at < this.wakeAt) return
    // The other direction may have been active, or have seen to it.
    const due = this.#expiresAt
    this.wakeAt = at < due ? due : Infinity
    if (at >= due) this.#expire(at)
  }

  removed(at: number): void {
    if (this.#entry.vanished) this.#end(at)
  }

  unselected(at: number): void {
    this.removed(at)
  }

  get #expiresAt(): number {
    return this.#entry.expired ? -Infinity : this.#entry.activeAt + this.#params.after
  }

  #isGone(at: number): boolean {
    if (!this.#entry.expired && at < Infinity && at >= this.#expiresAt) this.#expire(at)
    return this.#entry.expired
  }

  /** Again after an update: who was forgotten before may have to be told now. */
  #expire(at: number): void {
    const { how, after } = this.#params
    const ends = how === 'reset' || how === 'close'
    // An end puts itself on record.
    if (!this.#entry.expired && !ends) this.context.record(at, 'expired', { ms: after })
    this.#entry.expired = true
    if (ends) this.#end(at)
  }

  /** Something comes to a forgotten session, and vanishes. */
  #use(at: number): void {
    this.#entry.vanished = true
    if (this.#params.how === 'silent') this.context.counters.applied++
    else this.#end(at)
  }

  #end(at: number): void {
    if (this.#entry.ended) return
    this.#entry.ended = true
    this.endSession(at)
  }
}

export const idleKill = defineFault({
  type: 'idle_kill',
  layer: 'connection',
  effect: 'ending',
  effectWith: ({ how }) => (how === 'silent' ? 'loss' : 'ending'),
  summary: 'Forgets a session that was idle for too long, as NAT and load balancers do.',
  details: `Once no byte has passed in either direction for \`after\`, counted from the last one or from when the session met the fault, the session is forgotten. Bytes pass
untouched until then; TCP keep-alive packets are no bytes and end at the proxy anyway. What happens to a forgotten session, for good, says \`how\`:

- \`silent\`: bytes, closes and resets by the peers vanish in both directions, and nobody is told. Both sides wait for their own time-outs.
- \`reset-on-use\`: nothing at first; the next bytes or close, from either side, are dropped, and both sides are reset (RST).
- \`reset\`, \`close\`: both sides are reset, or closed in an orderly way, as soon as the time is over.

Updating keeps the last activity: the new time counts from it. A session that is forgotten stays so, and an update to \`reset\` or \`close\` ends it at once. Removing the fault,
or a new draw that spares the session, lets a session go on from which nothing has vanished yet, and closes it otherwise, because bytes are missing.

Stands for what keeps a table of connections and clears it: NAT of home routers and clouds (\`silent\`), firewalls, load balancers (AWS NLB: \`reset-on-use\` after 350 s; others
close or reset at once). It brings out pools without keep-alive or with an idle time longer than that of the network, where the first query after a quiet night hangs or fails. A real
balancer answers only the side that sends, and the other one when that sends in turn; here both are reset together. With a delay in front of it in the list, bytes count
when they come out of that. A session that both sides have left, or one of them by a reset, is dropped by the proxy after a minute.`,
  example: { after: '60s', how: 'silent' },
  params,
  directions: ['both'],
  stage: (p, context, previous) => new IdleKill(p, context, previous),
})
