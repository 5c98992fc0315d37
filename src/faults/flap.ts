import { z } from 'zod'
import type { Door, DoorContext } from '../core/fault-factory.ts'
import type { Random } from '../core/random.ts'
import { defineFault } from './define.ts'
import { duration } from './params.ts'
import { RecordedDoor, sessionsAtShut } from './recorded-door.ts'

/** Opening and closing a port takes a few turns of the event loop; shorter periods would be noise, and thousands of records. */
const SHORTEST_MS = 10

const period = () => duration().refine((ms) => ms >= SHORTEST_MS, { error: `expected at least ${SHORTEST_MS} ms` })

const params = z.object({
  up: period().describe('How long the proxy is there before it goes away.'),
  down: period().describe('How long it stays away.'),
  jitter: duration().prefault(0).describe('Each period is longer or shorter by up to this much, uniformly.'),
  sessions: sessionsAtShut()
    .default('reset')
    .describe('What becomes of live connections when it goes away: they go on (`keep`), are closed, or reset.'),
})

/** Nobody looks at the door of a proxy that is disabled. A day of the shortest periods would be 8 million of them, and half a second. */
const MOST_MISSED = 10_000

interface Period {
  readonly shut: boolean
  readonly began: number
  /** -1…1: where in the jitter its length lies. Kept, so that an update does not draw for the same period again. */
  readonly draw: number
  readonly until: number
}

/**
 * One period ends where the next begins, whenever somebody looks: each takes one number, so that the pattern hangs on the seed and the first
 * look alone (unless nobody has looked for thousands of periods: then the next begins when somebody does).
 */
class Flap extends RecordedDoor {
  readonly sessions: Door['sessions']
  readonly #params: z.output<typeof params>
  readonly #random: Random
  #replaced: Flap | undefined
  #period: Period | undefined

  constructor(given: z.output<typeof params>, context: DoorContext, previous: Door | undefined) {
    super(context, previous)
    this.sessions = given.sessions
    this.#params = given
    const replaced = previous instanceof Flap ? previous : undefined
    this.#replaced = replaced
    // It goes on drawing where the old one was: otherwise each update would begin with the same lengths.
    this.#random = replaced === undefined ? context.random : replaced.#random
  }

  protected isShut(at: number): boolean {
    const { shut, until } = this.#periodAt(at)
    this.wakeAt = until
    return shut
  }

  protected override detail(at: number): Readonly<Record<string, number>> {
    return { ms: Math.round(this.wakeAt - at) }
  }

  #periodAt(at: number): Period {
    let now = this.#period ?? this.#first(at)
    for (let missed = 0; at >= now.until; missed++) {
      now = this.#begin(!now.shut, missed < MOST_MISSED ? now.until : at)
    }
    this.#period = now
    return now
  }

  #first(at: number): Period {
    const replaced = this.#replaced
    if (replaced === undefined) return this.#begin(false, at)
    this.#replaced = undefined
    const present = replaced.#periodAt(at)
    // What is over by the new length ends now, not in the past: an update is no reason to skip periods.
    return { ...present, until: Math.max(at, this.#end(present)) }
  }

  #begin(shut: boolean, began: number): Period {
    const begun = { shut, began, draw: this.#random.next() * 2 - 1 }
    return { ...begun, until: this.#end(begun) }
  }

  #end({ shut, began, draw }: Omit<Period, 'until'>): number {
    const { up, down, jitter } = this.#params
    return began + Math.max(SHORTEST_MS, (shut ? down : up) + draw * jitter)
  }
}

export const flap = defineFault({
  type: 'flap',
  layer: 'connection',
  effect: 'ending',
  summary: 'Makes the whole proxy go away and come back, again and again.',
  details: `Begins with the proxy there. After \`up\` it goes away: the listening socket is closed, so that \`connect()\` fails with \`ECONNREFUSED\` (see \`refuse\`), and live
connections are reset (the client reads \`ECONNRESET\`), closed (it reads the end of the stream), or left alone, as \`sessions\` says. After \`down\` the same port is open again, and so on. Each
single period is \`jitter\` longer or shorter at most, drawn from the seed; none is shorter than ${SHORTEST_MS} ms. With the same seed the lengths are the same in every
run.

It acts on the whole proxy, and so has no direction, no probability and no match. An update keeps the phase: the present period gets its new length, counted from when it began,
and if it is over by that it ends now. Removing the fault while the proxy is away brings it back at once. Each time that the proxy goes away counts
as applied, and its going and coming are put on record with the length of the period.

Stands for a server that crashes and is restarted in a loop, rolling restarts, failovers, a node that is taken in and out of a load balancer. It brings out pools that
never throw away dead connections, reconnects without a back-off, and clients that all come back at the same moment. Use \`sessions: keep\` for a server
that only stops taking new clients. A link that goes up and down without a word is something else: it refuses nothing and resets nothing. The port is opened and closed
within a few milliseconds of its time; while it is closed another program can take it.`,
  example: { up: '20s', down: '2s', jitter: '1s' },
  params,
  reach: 'proxy',
  door: (p, context, previous) => new Flap(p, context, previous),
})
