/**
 * A thread that asks the admin API at a steady pace, and behind each question a bystander, and measures how long both take, together with how long nobody could
 * answer: because this thread, the main thread of the server, or one of its workers, which answer it, was ready to run and had no processor.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

export interface ProberData {
  readonly server: Asked
  readonly bystander: Asked
  /** Milliseconds from one question to the next. */
  readonly every: number
}

interface Asked {
  readonly url: string
  readonly pid: number
}

/** One question. Milliseconds. */
export interface Probe {
  readonly path: string
  readonly status: number
  readonly took: number
  /** Of that time, how long the main thread of whoever was asked ran. */
  readonly ran: number
  /** How long it was ready, and waited for a processor; and then the same of the worker that waited longest. NaN = the kernel does not say. */
  readonly waited: number
  /** The same of this thread. */
  readonly proberWaited: number
}

export interface Pair {
  readonly server: Probe
  readonly bystander: Probe
}

/** What the thread is told; it says `paused` when it asks nothing any more. */
export type Order = 'pause' | 'go on' | 'end'

const ASKED = [
  '/v1/status',
  '/proxies',
  '/healthz',
  '/v1/proxies/calm-raw/faults',
  '/v1/sessions?limit=10',
  '/v1/profiles',
]
const CHANGED = '/v1/proxies/probed/faults/probe'
const SENT_EVERY = 50

const { server, bystander, every } = workerData as ProberData
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function scheduled(thread: string): { readonly ran: number; readonly waited: number } {
  try {
    const [ran, waited] = readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 }
  } catch {
    return { ran: NaN, waited: NaN }
  }
}

interface Workers {
  readonly pid: number
  readonly lookedAt: number
  readonly threads: readonly string[]
}

const LOOK_EVERY_MS = 1000
let workers: Workers = { pid: 0, lookedAt: -Infinity, threads: [] }

/** The threads of `pid` that serve sessions; they come and go. */
function workersOf(pid: number): readonly string[] {
  const now = performance.now()
  if (workers.pid === pid && now - workers.lookedAt < LOOK_EVERY_MS) return workers.threads
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`)
  workers = { pid, lookedAt: now, threads: threads.filter((thread) => nameOf(thread).startsWith('worker ')) }
  return workers.threads
}

function nameOf(thread: string): string {
  try {
    return readFileSync(`/proc/${thread}/comm`, 'utf8')
  } catch {
    return ''
  }
}

function waitedOf(threads: readonly string[]): readonly number[] {
  return threads.map((thread) => scheduled(thread).waited)
}

/** Of those that were there all the time. */
function longest(before: readonly number[], after: readonly number[]): number {
  const waited = after.map((ms, place) => ms - (before[place] ?? NaN)).filter((ms) => ms >= 0)
  return Math.max(0, ...waited)
}

function ask(url: string, method: string, body?: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asked = request(url, { method, agent }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode ?? 0))
  })
  asked.once('error', reject).end(body)
  return promise
}

function tell(told: readonly Pair[] | 'paused' | { readonly error: string }): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a port between threads
  parentPort?.postMessage(told)
}

async function measured({ url, pid }: Asked, path: string, method = 'GET', body?: string): Promise<Probe> {
  const thread = `${pid}/task/${pid}`
  const threads = pid === server.pid ? workersOf(pid) : []
  const workersBefore = waitedOf(threads)
  const before = { asked: scheduled(thread), prober: scheduled('thread-self'), at: performance.now() }
  const status = await ask(url + path, method, body)
  const took = performance.now() - before.at
  const after = { asked: scheduled(thread), prober: scheduled('thread-self') }
  return {
    path,
    status,
    took,
    ran: after.asked.ran - before.asked.ran,
    waited: after.asked.waited - before.asked.waited + longest(workersBefore, waitedOf(threads)),
    proberWaited: after.prober.waited - before.prober.waited,
  }
}

async function pair(round: number): Promise<Pair> {
  // Each tenth changes something: the same fault, which is made anew where a halt has taken it.
  const probe =
    round % 10 === 0
      ? await measured(server, CHANGED, 'PATCH', `{"latency": ${round % 100}}`)
      : await measured(server, ASKED[round % ASKED.length] ?? '/healthz')
  if (probe.path === CHANGED && probe.status === 404) {
    const fault = '{"name": "probe", "type": "latency", "latency": 1}'
    await ask(`${server.url}/v1/proxies/probed/faults`, 'POST', fault)
  }
  return { server: probe, bystander: await measured(bystander, '/') }
}

const state = { over: false, paused: false }
let going = Promise.withResolvers<void>()
going.resolve()
parentPort?.on('message', (order: Order) => {
  state.paused = order === 'pause'
  state.over = order === 'end'
  if (state.paused) going = Promise.withResolvers()
  else going.resolve()
})

let batch: Pair[] = []
for (let round = 0; !state.over; round++) {
  if (state.paused) tell('paused')
  await going.promise
  try {
    batch.push(await pair(round))
  } catch (error) {
    tell({ error: String(error) })
    await sleep(1000)
  }
  if (batch.length >= SENT_EVERY || state.paused || state.over) {
    tell(batch)
    batch = []
  }
  const next = Math.ceil(performance.now() / every) * every
  await sleep(Math.max(1, next - performance.now()))
}
tell(batch)
parentPort?.close()
agent.destroy()
