import { z } from 'zod'
import type { Door, DoorContext, Verdict } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { RecordedDoor } from './recorded-door.ts'

const BEYOND = ['refuse', 'queue', 'hang', 'reset', 'close'] as const

const MAX = 'expected a whole number of sessions, 0 or more'

const params = z.object({
  max: z
    .int({ error: MAX })
    .min(0, { error: MAX })
    .describe('How many connections the proxy lets in at the same time. 0 = none.')
    .meta({ unit: 'count' }),
  beyond: z
    .enum(BEYOND, { error: 'expected refuse, queue, hang, reset or close' })
    .default('refuse')
    .describe(
      'What becomes of one too many: its `connect()` fails (`refuse`), it waits until there is room (`queue`) or whatever happens (`hang`), it is reset or closed.',
    ),
})

type Params = z.output<typeof params>

class MaxSessions extends RecordedDoor {
  readonly sessions = 'keep'
  readonly #max: number

  constructor({ max, beyond }: Params, context: DoorContext, previous: Door | undefined) {
    super(context, previous)
    this.#max = beyond === 'refuse' ? max : Infinity
  }

  protected isShut(_at: number, active: number): boolean {
    return active >= this.#max
  }

  protected override detail(_at: number, active: number): Readonly<Record<string, number>> {
    return { active }
  }
}

/**
 * With `refuse`, a connection that was accepted while there was room may find none when it is taken up, because it had to wait for another
 * fault. It gets what the kernel gives its own backlog when a listener closes.
 */
function insteadOf({ beyond }: Params): NonNullable<Verdict['instead']> {
  return beyond === 'refuse' ? 'reset' : beyond
}

export const maxSessions = defineFault({
  type: 'max_sessions',
  layer: 'connection',
  effect: 'ending',
  effectWith: ({ beyond }) => (beyond === 'queue' || beyond === 'hang' ? 'timing' : 'ending'),
  summary: 'Lets only so many connections in at the same time.',
  details: `Counts the sessions of the proxy that were let in and are not over. As long as there are \`max\` of them, one more is dealt with as \`beyond\` says:

- \`refuse\`: the listening socket is closed, so that \`connect()\` fails with \`ECONNREFUSED\`, and opened again as soon as a session has ended. A client
  that was accepted before, had to wait for another fault (\`accept_delay\`) and finds no room now is reset.
- \`queue\`: it is connected, nothing answers, and it is taken up when a session has ended and left room; who came first goes first. The client
  waits with its first read.
- \`hang\`: it is connected, and nothing ever answers, also when there is room again later.
- \`reset\`: it is connected and reset at once; the client reads \`ECONNRESET\`, or gets it from \`connect()\` already.
- \`close\`: it is connected and closed at once in an orderly way; the client reads the end of the stream.

Sessions that were there before the fault count, and are never ended by it: with more of them than \`max\` it simply takes longer until there is room. A session whose end
is held back by another fault is not over. An update applies to the next connection and looks again at those that wait; removing the fault lets them all in.

It acts on the whole proxy: the places are shared by all its clients, and a closed port is closed to everybody, so a probability or a match for some of the clients would not mean
anything. A shutting of the port counts as applied, and so does each connection that is not let in; connections that the kernel refused are not known and not
counted.

Stands for connection limits (Postgres \`max_connections\`, MySQL, Redis \`maxclients\`, a process out of file descriptors), for a pooler with a waiting line (\`queue\`), and for a server that has run
out of workers while the kernel goes on taking connections (\`hang\`). It brings out pools that leak connections or are larger together than the server allows. A real server mostly says
why before it closes (Postgres: \`53300 too many clients already\`); this fault knows no protocol and says nothing: \`close\` is the nearest. A full accept
queue drops the client's packets on most systems, so that \`connect()\` gets slow instead of failing: that cannot be done from here.`,
  example: { max: 10, beyond: 'queue' },
  params,
  reach: 'proxy',
  door: (p, context, previous) => new MaxSessions(p, context, previous),
  connect: (p, _context, { active }) => (active >= p.max ? { instead: insteadOf(p) } : undefined),
})
