import type { Servers, Service } from './servers.ts'

/** Bytes that came in one chunk and are served together, however they are cut when they pass again. */
interface Job {
  /** Bytes that have passed and may come again. */
  passed: number
  /** Bytes that are about to come again. */
  expected: number
  arrivedAt: number
  /** When it has been served; `undefined` = it has to be given a server (again). */
  due: number | undefined
  service: Service | undefined
}

/** What is asked of the servers for one job. */
export interface Demand {
  /** Milliseconds; `Infinity` = it is never done. */
  readonly duration: number
  /** How many jobs may wait. */
  readonly queue: number
}

/** So many jobs that are done are remembered at least. */
const REMEMBERED = 1024

/** The jobs of one connection. They can be taken back, last ones first, for bytes that have to pass again: a job does not count twice. */
export class Jobs {
  readonly #servers: Servers
  #passed: Job[] = []
  #expected: Job[] = []

  constructor(servers: Servers) {
    this.#servers = servers
  }

  /** When `bytes` bytes that are there at `at` have been served; `undefined` = there is no room for them in the queue. */
  serve(bytes: number, at: number, demand: Demand): number | undefined {
    let due = at
    for (let left = bytes; left > 0;) {
      const [again] = this.#expected
      const job = again ?? { passed: 0, expected: left, arrivedAt: at, due: undefined, service: undefined }
      // Who was let in before is not turned away now.
      job.due ??= this.#give(job, at, again === undefined ? demand : { ...demand, queue: Infinity })
      if (job.due === undefined) return undefined
      due = Math.max(due, job.due)
      const part = Math.min(left, job.expected)
      left -= part
      job.expected -= part
      job.passed += part
      if (job.expected === 0 && again !== undefined) this.#expected.shift()
      if (this.#passed.at(-1) !== job) this.#remember(job, at)
    }
    return due
  }

  takeBack(bytes: number): void {
    const back: Job[] = []
    for (let left = bytes; left > 0;) {
      // Those that are not remembered were done long ago.
      const job = this.#passed.pop() ?? {
        passed: left,
        expected: 0,
        arrivedAt: -Infinity,
        due: -Infinity,
        service: undefined,
      }
      job.expected = Math.min(left, job.passed)
      job.passed = 0
      left -= job.expected
      // A service that its server has forgotten was over long ago and cannot be had again; it stays as it was.
      if (job.due === Infinity || job.service?.server.remove(job.service) === true) job.due = undefined
      back.push(job)
    }
    this.#expected = back.reverse()
  }

  #give(job: Job, at: number, { duration, queue }: Demand): number | undefined {
    // Bytes do not overtake those before them.
    job.arrivedAt = Math.max(at, this.#passed.at(-1)?.arrivedAt ?? -Infinity)
    job.service = undefined
    if (job.arrivedAt === Infinity || duration === Infinity) return Infinity
    job.service = this.#servers.serve(job.arrivedAt, duration, queue)
    return job.service?.end
  }

  #remember(job: Job, at: number): void {
    this.#passed.push(job)
    if (this.#passed.length <= 2 * REMEMBERED) return
    if ((this.#passed[REMEMBERED - 1]?.due ?? Infinity) <= at) this.#passed = this.#passed.slice(REMEMBERED)
  }
}
