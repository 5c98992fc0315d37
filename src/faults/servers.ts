import { plainCells, type Cells } from '../core/cells.ts'
import { Rows } from './rows.ts'

/** The time that one job takes at a server: [start, end). */
export interface Service {
  readonly server: Server
  readonly arrivedAt: number
  readonly start: number
  readonly end: number
}

/** So many servers there can be. */
export const MOST_SERVERS = 1000

/** So many services that are over are remembered at least, so that those after them can be taken back exactly. */
const REMEMBERED = 1024

/** So many services are kept at most, over or not. */
const MOST_SERVICES = 16_384

/** What is kept of them all. */
const COUNT = 0
/** No service was announced for a later time. */
const LATEST_ARRIVAL = 1
/** No service that is remembered takes longer. */
const LONGEST = 2
const HEAD = 3

/** What is kept of each server. Nothing is served before its floor: what came earlier is forgotten. */
const FLOOR = 0
/** When its last service is over. */
const LAST_END = 1
/**
 * From `since` on no gap takes a job of that `duration` or more: found once by looking at all, and true until a service is taken back or
 * leaves a gap in front of itself. `Infinity` = nobody has looked.
 */
const GAPLESS_SINCE = 2
const GAPLESS_DURATION = 3
/** Counts the servers that have had this number. */
const GENERATION = 4
const SERVER_WIDTH = 5

/** What is kept of each service, by its start. Those of one server do not overlap. */
const SERVER = 0
const ARRIVED_AT = 1
const START = 2
const END = 3
const SERVICE_WIDTH = 4

const SERVICES = HEAD + MOST_SERVERS * SERVER_WIDTH

/** How many cells they take. */
export const SERVERS_CELLS = SERVICES + Rows.cells(SERVICE_WIDTH, MOST_SERVICES)

/** One of them, as a service refers to it. */
class Server {
  readonly number: number
  readonly generation: number
  readonly #servers: Servers

  constructor(number: number, generation: number, servers: Servers) {
    this.number = number
    this.generation = generation
    this.#servers = servers
  }

  /** Takes a service back. Answers whether it was remembered. */
  remove(service: Service): boolean {
    return this.#servers.remove(service)
  }
}

/**
 * A number of servers with one queue in front of them: a job is started by the first that is free, in the order in which jobs are announced.
 *
 * What was given out is never moved, except that services can be taken back. A job that is announced later and comes earlier (a delay in front
 * of the others) gets a gap before them if there is one. So a service that is taken back and asked for again gets the same place: earlier
 * ones were taken when it got it, and nobody else of this thread can have come in between without being behind it.
 *
 * All of it is in cells: each thread has an object of this class, and all these are the same servers.
 */
export class Servers {
  readonly #cells: Cells
  readonly #services = new Rows(SERVICES, SERVICE_WIDTH, MOST_SERVICES)
  /** How many there are, as this thread has said last; 0 = it has not. */
  #said = 0
  readonly #handles: Server[] = []
  /** When each server could start the job that is looked at, and whether that is a gap; used within one call alone. */
  readonly #starts = new Float64Array(MOST_SERVERS)
  readonly #gaps = new Uint8Array(MOST_SERVERS)

  /** @param cells default: of this thread alone. */
  constructor(cells: Cells = plainCells(SERVERS_CELLS)) {
    this.#cells = cells
  }

  /** From `at` on there are so many, 1 to 1000. What one that goes has promised stays as it is. */
  resize(count: number, at: number): void {
    // Each thread says each thing once: one that has not heard yet what others know already does not take it back with every new session.
    if (count === this.#said) return
    this.#said = count
    this.#cells.exclusively((values) => this.#resize(values, count, at))
  }

  /** `undefined`: it would have to wait, and `queue` jobs do so already. */
  serve(arrivedAt: number, duration: number, queue: number): Service | undefined {
    if (this.#said === 0) throw new Error('no servers')
    return this.#cells.exclusively((values) => this.#serve(values, arrivedAt, duration, queue))
  }

  /** Answers whether it was remembered. */
  remove(service: Service): boolean {
    return this.#cells.exclusively((values) => this.#remove(values, service))
  }

  #resize(values: Float64Array, count: number, at: number): void {
    const before = values[COUNT] ?? 0
    values[COUNT] = count
    for (let server = before; server < count; server++) {
      put(values, server, FLOOR, at)
      put(values, server, LAST_END, -Infinity)
      put(values, server, GAPLESS_DURATION, Infinity)
      put(values, server, GENERATION, of(values, server, GENERATION) + 1)
    }
    if (count < before) this.#keep(values, this.#services.count(values), (row) => this.#is(values, row, SERVER) < count)
  }

  #serve(values: Float64Array, arrivedAt: number, duration: number, queue: number): Service | undefined {
    // Another thread died while it had hold of the cells, and they have begun anew.
    if (values[COUNT] === 0) this.#resize(values, this.#said, arrivedAt)
    const server = this.#firstFree(values, arrivedAt, duration)
    const start = this.#starts[server] ?? arrivedAt
    if (start > arrivedAt && queue < Infinity && this.#waiting(values, arrivedAt) >= queue) return undefined
    const service = { server: this.#handle(values, server), arrivedAt, start, end: start + duration }
    this.#add(values, service)
    return service
  }

  /** The server that can start a job first; when that is, is in `#starts`. */
  #firstFree(values: Float64Array, at: number, duration: number): number {
    let first = 0
    let start = Infinity
    let looked = false
    for (let server = 0; server < (values[COUNT] ?? 0); server++) {
      const since = Math.max(at, of(values, server, FLOOR))
      const lastEnd = of(values, server, LAST_END)
      const gapless = since >= of(values, server, GAPLESS_SINCE) && duration >= of(values, server, GAPLESS_DURATION)
      if (gapless || lastEnd <= since) {
        this.#starts[server] = Math.max(since, lastEnd)
      } else if (!looked) {
        this.#look(values, at, duration)
        looked = true
      }
      const from = this.#starts[server] ?? Infinity
      if (from >= start) continue
      start = from
      first = server
      if (from <= at) break
    }
    return first
  }

  /** When each server would start it: in the first gap that is large enough, or after all others. One look answers for all servers. */
  #look(values: Float64Array, at: number, duration: number): void {
    const starts = this.#starts
    const gaps = this.#gaps.fill(0)
    const servers = values[COUNT] ?? 0
    for (let server = 0; server < servers; server++) starts[server] = Math.max(at, of(values, server, FLOOR))
    const count = this.#services.count(values)
    // Who started earlier is done; a millisecond is more than any rounding.
    const earliest = at - (values[LONGEST] ?? 0) - 1
    let left = servers
    for (let row = this.#services.firstAbove(values, START, earliest); row < count && left > 0; row++) {
      const server = this.#is(values, row, SERVER)
      const start = starts[server] ?? Infinity
      const end = this.#is(values, row, END)
      if (gaps[server] === 1 || end <= start) continue
      // Not a difference: the gap that a service leaves has to take the same service again, to the last bit.
      if (start + duration > this.#is(values, row, START)) starts[server] = end
      else {
        gaps[server] = 1
        left--
      }
    }
    for (let server = 0; server < servers; server++) {
      if (gaps[server] === 1) continue
      put(values, server, GAPLESS_SINCE, Math.max(at, of(values, server, FLOOR)))
      put(values, server, GAPLESS_DURATION, duration)
    }
  }

  #add(values: Float64Array, { server: { number }, arrivedAt, start, end }: Service): void {
    const services = this.#services
    // So much waits that it cannot all be kept: what starts first stays as it is, and does not count any more.
    if (services.count(values) === MOST_SERVICES) this.#forget(values, REMEMBERED, Infinity)
    const row = services.firstAbove(values, START, start)
    services.insert(values, row)
    services.set(values, row, SERVER, number)
    services.set(values, row, ARRIVED_AT, arrivedAt)
    services.set(values, row, START, start)
    services.set(values, row, END, end)
    values[LATEST_ARRIVAL] = Math.max(values[LATEST_ARRIVAL] ?? 0, arrivedAt)
    values[LONGEST] = Math.max(values[LONGEST] ?? 0, end - start)
    const lastEnd = of(values, number, LAST_END)
    if (start > lastEnd) put(values, number, GAPLESS_DURATION, Infinity)
    put(values, number, LAST_END, Math.max(lastEnd, end))
    const many = services.count(values) > 2 * REMEMBERED
    if (many && this.#is(values, REMEMBERED - 1, END) <= arrivedAt) this.#forget(values, REMEMBERED, arrivedAt)
  }

  /** Goes without those of the first `count` services that are over by `at`. */
  #forget(values: Float64Array, count: number, at: number): void {
    this.#keep(values, count, (row) => {
      const end = this.#is(values, row, END)
      if (end > at) return true
      const server = this.#is(values, row, SERVER)
      put(values, server, FLOOR, Math.max(of(values, server, FLOOR), end))
      return false
    })
    values[LONGEST] = 0
    for (let row = 0; row < this.#services.count(values); row++) {
      const duration = this.#is(values, row, END) - this.#is(values, row, START)
      values[LONGEST] = Math.max(values[LONGEST] ?? 0, duration)
    }
  }

  #remove(values: Float64Array, { server: { number, generation }, arrivedAt, start }: Service): boolean {
    // With a server that is gone, its services are.
    if (generation !== of(values, number, GENERATION)) return true
    if (number >= (values[COUNT] ?? 0)) return start >= of(values, number, FLOOR)
    let row = this.#services.firstAbove(values, START, start) - 1
    // Several servers may start together, and services that take next to no time at one of them.
    while (row >= 0 && this.#is(values, row, START) === start && !this.#isOf(values, row, number, arrivedAt)) row--
    if (row < 0 || this.#is(values, row, START) !== start) return false
    const wasLast = this.#is(values, row, END) === of(values, number, LAST_END)
    this.#services.remove(values, row, row + 1)
    if (wasLast) put(values, number, LAST_END, this.#lastEndBefore(values, row, number))
    put(values, number, GAPLESS_DURATION, Infinity)
    return true
  }

  #isOf(values: Float64Array, row: number, server: number, arrivedAt: number): boolean {
    return this.#is(values, row, SERVER) === server && this.#is(values, row, ARRIVED_AT) === arrivedAt
  }

  #lastEndBefore(values: Float64Array, before: number, server: number): number {
    for (let row = before - 1; row >= 0; row--) {
      if (this.#is(values, row, SERVER) === server) return this.#is(values, row, END)
    }
    return of(values, server, FLOOR)
  }

  /** Jobs that are there at `at` and not started. */
  #waiting(values: Float64Array, at: number): number {
    const first = this.#services.firstAbove(values, START, at)
    const all = this.#services.count(values)
    if ((values[LATEST_ARRIVAL] ?? 0) <= at) return all - first
    let count = 0
    for (let row = first; row < all; row++) if (this.#is(values, row, ARRIVED_AT) <= at) count++
    return count
  }

  /** Goes without those of the first `count` services that are not `wanted`. */
  #keep(values: Float64Array, count: number, wanted: (row: number) => boolean): void {
    let kept = 0
    for (let row = 0; row < count; row++) {
      if (!wanted(row)) continue
      this.#services.move(values, row, row + 1, kept)
      kept++
    }
    this.#services.remove(values, kept, count)
  }

  #handle(values: Float64Array, number: number): Server {
    const generation = of(values, number, GENERATION)
    const known = this.#handles[number]
    if (known?.generation === generation) return known
    const handle = new Server(number, generation, this)
    this.#handles[number] = handle
    return handle
  }

  #is(values: Float64Array, row: number, column: number): number {
    return this.#services.get(values, row, column)
  }
}

/** Of a server. */
function of(values: Float64Array, server: number, column: number): number {
  return values[HEAD + server * SERVER_WIDTH + column] ?? 0
}

function put(values: Float64Array, server: number, column: number, value: number): void {
  values[HEAD + server * SERVER_WIDTH + column] = value
}
