import { z } from 'zod'
import type { AbortHow, Stage } from '../core/outlet.ts'
import type { StageContext } from '../core/fault-factory.ts'
import type { Ending } from '../core/words.ts'
import { defineFault } from './define.ts'
import { Jobs, type Demand } from './jobs.ts'
import { count, frequency } from './params.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'
import { MOST_SERVERS, Servers, SERVERS_CELLS } from './servers.ts'

const params = z.object({
  capacity: frequency()
    .refine((value) => value > 0, { error: 'expected more than 0 jobs per second, such as "200/s"' })
    .describe('How many jobs per second all servers together can do. A job is a chunk that comes in.'),
  // Measured: a job takes 1 µs with 10 000 that wait, 10 µs with 1000 servers; a new capacity takes 20 to 40 µs for each that waits.
  concurrency: count('servers', 1, MOST_SERVERS)
    .default(1)
    .describe('How many jobs are done at the same time, each of them that much slower.'),
  queue: count('jobs', 0, 10_000)
    .default(100)
    .describe('How many jobs may wait for a server. The connection of one more is reset.'),
})

class Overload extends PassThrough {
  readonly #demand: Demand
  readonly #concurrency: number
  readonly #context: StageContext
  readonly #servers: Servers
  /** Shared with the stage that this one replaces, so that it does not matter which of the two is told to go back. */
  readonly #jobs: Jobs
  #joined = false
  /** The session is ending, by this stage or another way. */
  #over = false

  constructor(
    { capacity, concurrency, queue }: z.output<typeof params>,
    context: StageContext,
    previous: Stage | undefined,
  ) {
    super()
    // A value on its way from one to another may be anything in between.
    this.#concurrency = Math.max(1, Math.round(concurrency))
    this.#demand = { duration: (this.#concurrency / capacity) * 1000, queue }
    this.#context = context
    this.#servers = context.shared('proxy', () => new Servers(context.cells()))
    this.#jobs = previous instanceof Overload && previous.#joined ? previous.#jobs : new Jobs(this.#servers)
  }

  open(at: number): void {
    this.#joined = true
    this.#servers.resize(this.#concurrency, at)
  }

  override chunk(bytes: Buffer, at: number): number {
    this.#context.counters.applied++
    if (this.#over) return AT_ONCE
    const due = this.#jobs.serve(bytes.length, at, this.#demand)
    if (due === undefined) {
      this.#context.record(at, 'queue-full', { waiting: this.#demand.queue })
      this.abort(at, 'reset', this.#context.ending)
      return AT_ONCE
    }
    const welcome = this.next.chunk(bytes, due)
    // It is the queue that bounds what waits: its own hold is no reason to keep the sender waiting.
    return due < Infinity ? welcome - (due - at) : welcome
  }

  override end(at: number): void {
    if (!this.#over) this.next.end(at)
  }

  override abort(at: number, how: AbortHow, ending: Ending): void {
    if (this.#over) return
    this.#over = true
    this.next.abort(at, how, ending)
  }

  rewind(bytes: number): void {
    // An end of the session that waits comes again behind those bytes.
    this.#over = false
    this.#jobs.takeBack(bytes)
  }
}

export const overload = defineFault({
  type: 'overload',
  layer: 'transport',
  effect: 'timing',
  summary: 'Puts a queue and a server of limited capacity in front of the upstream, shared by all connections.',
  details: `Each chunk that comes in is one job. \`concurrency\` servers do \`capacity\` jobs per second together, so each job takes \`concurrency\`/\`capacity\` seconds at one of
them; it is delivered when it is done. A job that finds no server free waits in one queue with those of all other connections of the proxy, first come, first served. As long as the
load is low everything takes just that long; near \`capacity\` the waits grow without bound. When \`queue\` jobs wait, one more has its connection reset (RST), behind what is still
in the queue for that connection; this is put on record as \`queue-full\`.

The senders are not slowed down: a flood fills the queue. A job whose client has given up meanwhile, closed or reset, is done all the same, so that time-outs with retries make it
worse, as they do in reality. The end of a stream follows its last job. With \`both\` as its direction, requests and answers queue up at the same servers.

Updating gives what waits a new place, connection by connection, counted from when it arrived, as if the new capacity had applied since it was begun; nobody who was let in is turned
away by a smaller \`queue\`. With several workers all connections share servers and queue all the same, but what is given a new place may find that a connection of another
worker was faster, and an update reaches the workers one after the other, within milliseconds. Removing delivers what is held at once.

Stands for a server, a pool of threads or a database that is asked for more than it can do. A fixed latency cannot show what happens there: slow growth, then a
steep one, then collapse, and a recovery that takes as long as the queue is. Clients with a retry budget and shedding pass; others do not.

With one server and arrivals at random this is the M/D/1 queue, whose mean wait at load ρ and service time s is ρs / (2(1 − ρ)) (Pollaczek–Khinchine). What a chunk is depends on how the
client writes and on how TCP delivers: a small request is one, a large one is several (a read is up to 65 000 bytes), and several requests that come together are one.`,
  example: { capacity: '200/s', concurrency: 4, queue: 100 },
  params,
  cells: SERVERS_CELLS,
  directions: ['upstream', 'downstream', 'both'],
  emulation: {
    model: 'first come, first served queue in front of servers with a constant service time (G/D/c)',
    valid: 'small requests, one at a time on a connection, that cost the server about the same',
  },
  stage: (p, context, previous) => new Overload(p, context, previous),
})
