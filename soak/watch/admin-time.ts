import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { quantile } from '../../bench/statistics.ts'
import type { Tally } from '../tally.ts'
import type { Order, Pair, Probe, ProberData } from './prober.ts'

/**
 * By how much the 99th percentile of the admin API may be above that of a server that does nothing and is asked at the same times, milliseconds; of both, the
 * time in which they were ready and had no processor is left out.
 */
export const ADMIN_BOUND_MS = 50

export interface Times {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface AdminTimes {
  readonly probes: number
  /** As the prober's clock has them. */
  readonly asMeasured: Times
  /** Without the time in which whoever was asked, or the prober, was ready and waited for a processor. */
  readonly withoutWaiting: Times
  /** The same of the bystander. */
  readonly bystander: { readonly asMeasured: Times; readonly withoutWaiting: Times }
  /** What the bound is for: the 99th percentile without waiting, less that of the bystander. */
  readonly excess: number
  /** Those that took longest without waiting, longest first. */
  readonly slowest: readonly Slow[]
}

interface Slow extends Probe {
  /** What it took without waiting for processors, milliseconds. */
  readonly without: number
}

/** So often, milliseconds; of a week, the first day is kept. */
const EVERY_MS = 50
const MOST_KEPT = 2_000_000
const SLOWEST_KEPT = 10

/** Measures how long the admin API takes, from a thread of its own. */
export class AdminTimer implements AsyncDisposable {
  readonly #worker: Worker
  readonly #bystander: ChildProcess
  readonly #tally: Tally
  readonly #server = new Sample()
  readonly #other = new Sample()
  readonly #slowest: Slow[] = []
  #counting = false
  #paused: (() => void) | undefined

  private constructor(data: ProberData, bystander: ChildProcess, tally: Tally) {
    this.#tally = tally
    this.#bystander = bystander
    this.#worker = new Worker(new URL('prober.ts', import.meta.url), { workerData: data })
    this.#worker.on('message', (told: readonly Pair[] | 'paused' | { readonly error: string }) => {
      if (told === 'paused') this.#paused?.()
      else if ('error' in told) this.#tally.violate('answers', `the prober: ${told.error}`)
      else for (const pair of told) this.#take(pair)
    })
    this.#worker.on('error', (error) => this.#tally.violate('answers', `the prober died: ${String(error)}`))
  }

  static async start(url: string, pid: number, tally: Tally): Promise<AdminTimer> {
    const program = fileURLToPath(new URL('bystander.ts', import.meta.url))
    // It ends with the channel, and so with this process.
    const bystander = fork(program, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    if (bystander.stdout === null) throw new Error('the bystander has no output')
    const [port] = (await once(createInterface({ input: bystander.stdout }), 'line')) as [string]
    const asked = { url: `http://127.0.0.1:${port}`, pid: bystander.pid ?? 0 }
    return new AdminTimer({ server: { url, pid }, bystander: asked, every: EVERY_MS }, bystander, tally)
  }

  /** From now on; what came before was the rehearsal. */
  begin(): void {
    this.#counting = true
  }

  /** Asks nothing meanwhile: for what holds the server up on our own account. */
  async without<T>(action: () => Promise<T>): Promise<T> {
    const paused = new Promise<void>((resolve) => (this.#paused = resolve))
    this.#order('pause')
    await paused
    try {
      return await action()
    } finally {
      this.#order('go on')
    }
  }

  async finish(): Promise<AdminTimes> {
    const gone = once(this.#worker, 'exit')
    this.#order('end')
    await gone
    const server = this.#server.times()
    const bystander = this.#other.times()
    return {
      probes: this.#server.count,
      ...server,
      bystander,
      excess: server.withoutWaiting.p99 - bystander.withoutWaiting.p99,
      slowest: this.#slowest,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#bystander.connected) this.#bystander.disconnect()
    await this.#worker.terminate()
  }

  #order(order: Order): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a thread
    this.#worker.postMessage(order)
  }

  #take({ server, bystander }: Pair): void {
    if (server.status >= 500) this.#tally.violate('answers', `${server.path} answered ${server.status}`)
    if (!this.#counting || this.#server.count >= MOST_KEPT) return
    this.#other.add(bystander)
    this.#slowest.push({ ...server, without: this.#server.add(server) })
    this.#slowest.sort((one, other) => other.without - one.without).splice(SLOWEST_KEPT)
  }
}

/** How long one of the two took. */
class Sample {
  readonly #measured: number[] = []
  readonly #without: number[] = []

  get count(): number {
    return this.#measured.length
  }

  /** Answers what it took without waiting. Where the kernel does not say, nothing is left out. */
  add({ took, waited, proberWaited }: Probe): number {
    const without = Math.max(0, took - (waited || 0) - (proberWaited || 0))
    this.#measured.push(took)
    this.#without.push(without)
    return without
  }

  times(): { readonly asMeasured: Times; readonly withoutWaiting: Times } {
    return { asMeasured: times(this.#measured), withoutWaiting: times(this.#without) }
  }
}

function times(values: readonly number[]): Times {
  if (values.length === 0) return { p50: NaN, p99: NaN, max: NaN }
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) }
}
