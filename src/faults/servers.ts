/** The time that one job takes at a server: [start, end). */
export interface Service {
  readonly server: Server
  readonly arrivedAt: number
  readonly start: number
  readonly end: number
}

/** So many services that are over are remembered at least, over all servers, so that those after them can be taken back exactly. */
const REMEMBERED = 1024

/** One of them: its services do not overlap. */
class Server {
  /** Nothing is served before it: what came earlier is forgotten. */
  #floor: number
  /** By their start. */
  #services: Service[] = []
  /**
   * From `since` on no gap takes a job of that `duration` or more: found once by looking at all, and true until a service is taken back or
   * leaves a gap in front of itself.
   */
  #gapless: { readonly since: number; readonly duration: number } | undefined
  /** No service was announced for a later time. */
  #latestArrival = -Infinity

  constructor(floor: number) {
    this.#floor = floor
  }

  /** When a job of `duration` that is there at `at` would be started: in the first gap that is large enough, or after all others. */
  freeFrom(at: number, duration: number): number {
    const since = Math.max(at, this.#floor)
    const gapless = this.#gapless
    if (gapless !== undefined && since >= gapless.since && duration >= gapless.duration) {
      return Math.max(since, this.#services.at(-1)?.end ?? since)
    }
    let start = since
    for (let i = firstAfter(this.#services, 'end', start); i < this.#services.length; i++) {
      const service = this.#services[i]
      // Not a difference: the gap that a service leaves has to take the same service again, to the last bit.
      if (service === undefined || start + duration <= service.start) return start
      start = service.end
    }
    this.#gapless = { since, duration }
    return start
  }

  add(service: Service, remembered: number): void {
    const index = firstAfter(this.#services, 'start', service.start)
    if (service.start > (this.#services.at(-1)?.end ?? Infinity)) this.#gapless = undefined
    this.#services.splice(index, 0, service)
    this.#latestArrival = Math.max(this.#latestArrival, service.arrivedAt)
    if (this.#services.length <= 2 * remembered) return
    const last = this.#services[remembered - 1]
    if (last === undefined || last.end > service.arrivedAt) return
    this.#floor = last.end
    this.#services = this.#services.slice(remembered)
  }

  /** Answers whether it was remembered. */
  remove(service: Service): boolean {
    let index = firstAfter(this.#services, 'start', service.start) - 1
    // Services that take next to no time may start together.
    while (this.#services[index]?.start === service.start && this.#services[index] !== service) index--
    if (this.#services[index] !== service) return false
    this.#services.splice(index, 1)
    this.#gapless = undefined
    return true
  }

  /** Jobs that are there at `at` and not started. */
  waiting(at: number): number {
    const first = firstAfter(this.#services, 'start', at)
    if (this.#latestArrival <= at) return this.#services.length - first
    let count = 0
    for (let i = first; i < this.#services.length; i++) {
      if ((this.#services[i]?.arrivedAt ?? Infinity) <= at) count++
    }
    return count
  }
}

/** Index of the first service that starts, or ends, after `at`: both rise. */
function firstAfter(services: readonly Service[], what: 'start' | 'end', at: number): number {
  let low = 0
  let high = services.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((services[middle]?.[what] ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * A number of servers with one queue in front of them: a job is started by the first that is free, in the order in which jobs are announced.
 *
 * What was given out is never moved, except that services can be taken back. A job that is announced later and comes earlier (a delay in front
 * of the others) gets a gap before them if there is one. So a service that is taken back and asked for again gets the same place: earlier
 * ones were taken when it got it, and nobody else can have come in between without being behind it.
 */
export class Servers {
  readonly #servers: Server[] = []

  /** From `at` on there are so many. What one that goes has promised stays as it is. */
  resize(count: number, at: number): void {
    while (this.#servers.length < count) this.#servers.push(new Server(at))
    this.#servers.length = count
  }

  /** `undefined`: it would have to wait, and `queue` jobs do so already. */
  serve(arrivedAt: number, duration: number, queue: number): Service | undefined {
    let start = Infinity
    let server: Server | undefined
    for (const candidate of this.#servers) {
      const from = candidate.freeFrom(arrivedAt, duration)
      if (from >= start) continue
      start = from
      server = candidate
      if (from <= arrivedAt) break
    }
    if (server === undefined) throw new Error('no servers')
    if (start > arrivedAt && queue < Infinity && this.#waiting(arrivedAt) >= queue) return undefined
    const service = { server, arrivedAt, start, end: start + duration }
    server.add(service, Math.max(16, Math.floor(REMEMBERED / this.#servers.length)))
    return service
  }

  #waiting(at: number): number {
    return this.#servers.reduce((sum, server) => sum + server.waiting(at), 0)
  }
}
