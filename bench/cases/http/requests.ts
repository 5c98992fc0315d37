import { benchFile, Program, runNode, textOf } from '../../program.ts'
import type { CaseContext, Metric } from '../case.ts'
import type { Work } from '../throughput.ts'

const DEADLINE_MS = 60_000
/** About what the slowest rival does in a second: wrk is bounded by time, autocannon by count. */
const REQUESTS_PER_SECOND = 8000

/** GETs by one thread, on so many connections, each asking again as soon as it is answered. */
export interface Requests {
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** A new connection for each request (`Connection: close`). */
  readonly close?: boolean
  /** Answers other than 2xx are counted; without this they are an error. */
  readonly badAnswers?: boolean
}

/** What was answered: `units` are answers, of which `bad` are not 2xx. Times of answers in milliseconds. */
export interface Answers extends Work {
  readonly bad: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

export const timeMetrics: readonly Metric[] = [
  { key: 'p50', label: 'p50, ms', digits: 2 },
  { key: 'p99', label: 'p99, ms', digits: 2 },
  { key: 'p999', label: 'p99.9, ms', digits: 2 },
]

/** Says which load generator is used, and answers how to make requests with it. */
export async function loadGenerator(
  context: CaseContext,
): Promise<(port: number, requests: Requests) => Promise<Answers>> {
  const wrk = (await textOf('wrk', '-v')) !== undefined
  // autocannon takes more of the processors than the proxies do, so that they are hardly ever under full load.
  context.note(`load generator: ${wrk ? 'wrk' : 'autocannon'}`)
  return wrk ? byWrk : byAutocannon
}

async function byWrk(port: number, requests: Requests): Promise<Answers> {
  const { path, connections, seconds, close = false, badAnswers = false } = requests
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--latency', '-s', benchFile('load/wrk.lua')]
  await using program = new Program('wrk', [
    ...args,
    ...(close ? ['-H', 'Connection: close'] : []),
    `http://127.0.0.1:${port}${path}`,
  ])
  const answers = parseWrk(await program.output(DEADLINE_MS))
  if (answers.bad > 0 && !badAnswers) throw new Error(`wrk: ${answers.bad} answers were not 2xx`)
  return answers
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** What wrk prints with `--latency` and load/wrk.lua; fails when it speaks of errors of sockets. */
export function parseWrk(text: string): Answers {
  const errors = /^ *Socket errors.*$/m.exec(text)
  if (errors !== null) throw new Error(`wrk: ${errors[0].trim()}`)
  const milliseconds = (pattern: RegExp): number => {
    const [, value, unit = ''] = pattern.exec(text) ?? []
    const scale = MILLISECONDS[unit]
    if (value === undefined || scale === undefined) throw new Error(`wrk answered ${JSON.stringify(text)}`)
    return Number(value) * scale
  }
  return {
    seconds: milliseconds(/requests in ([\d.]+)(us|ms|s|m),/) / 1000,
    units: Number(/(\d+) requests in/.exec(text)?.[1]),
    bad: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
    p50: milliseconds(/^ *50% +([\d.]+)(us|ms|s|m)$/m),
    p99: milliseconds(/^ *99% +([\d.]+)(us|ms|s|m)$/m),
    p999: milliseconds(/^ *99\.9% +([\d.]+)(us|ms|s|m)$/m),
  }
}

async function byAutocannon(port: number, requests: Requests): Promise<Answers> {
  const { path, connections, seconds, close = false, badAnswers = false } = requests
  const amount = Math.max(connections, seconds * REQUESTS_PER_SECOND)
  const args = [port, path, connections, amount, close ? 'close' : 'keep-alive']
  const answers = await runNode<Answers>(DEADLINE_MS, 'load/autocannon.ts', ...args)
  if (answers.bad > 0 && !badAnswers) throw new Error(`autocannon: ${answers.bad} answers were not 2xx`)
  return answers
}
