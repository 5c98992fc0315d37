import { Program, runNode, textOf } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics, type Work } from './throughput.ts'

const CONNECTIONS = 50
const DEADLINE_MS = 60_000
/** About what the slowest rival does in a second: wrk is bounded by time, autocannon by count. */
const REQUESTS_PER_SECOND = 8000

export const http: Case = {
  name: 'http',
  summary: `GET of 128 bytes on ${CONNECTIONS} keep-alive connections. Only http-proxy looks at what it relays; the others move bytes.`,
  metrics: throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
  takes: (rival) => rival.protocol === 'http' || relaysBytes(rival),
  async run(context) {
    const wrk = (await textOf('wrk', '-v')) !== undefined
    context.note(`load generator: ${wrk ? 'wrk' : 'autocannon'}`)
    await measureThroughput(context, {
      variant: '',
      startUpstream: loadServer('http-server.ts'),
      units: context.quick ? 1 : 4,
      cpuScale: 1e6,
      load: (port, seconds) => (wrk ? byWrk(port, seconds) : byAutocannon(port, seconds * REQUESTS_PER_SECOND)),
    })
  },
}

async function byWrk(port: number, seconds: number): Promise<Work> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${Math.ceil(seconds)}s`, `http://127.0.0.1:${port}/`]
  await using program = new Program('wrk', args)
  return parseWrk(await program.output(DEADLINE_MS))
}

/** Requests and seconds from what wrk prints; fails when it speaks of errors. */
export function parseWrk(text: string): Work {
  const bad = /^ *(Socket errors|Non-2xx).*$/m.exec(text)
  if (bad !== null) throw new Error(`wrk: ${bad[0].trim()}`)
  const [, requests, time, unit] = /(\d+) requests in ([\d.]+)(ms|s|m),/.exec(text) ?? []
  if (requests === undefined) throw new Error(`wrk answered ${JSON.stringify(text)}`)
  return { units: Number(requests), seconds: Number(time) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm'] }
}

async function byAutocannon(port: number, requests: number): Promise<Work> {
  const result = await runNode<{ requests: number; seconds: number }>(
    DEADLINE_MS,
    'load/autocannon.ts',
    port,
    CONNECTIONS,
    requests,
  )
  return { units: result.requests, seconds: result.seconds }
}
