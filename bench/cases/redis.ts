import { freePort, Program, textOf } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import type { Upstream } from './rounds.ts'
import { measureThroughput, throughputMetrics, type Work } from './throughput.ts'

const CONNECTIONS = 50
const DEADLINE_MS = 60_000

export const redis: Case = {
  name: 'redis',
  summary: `redis-benchmark GET on a real Redis, ${CONNECTIONS} connections, no pipelining.`,
  metrics: [
    ...throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
    { key: 'p50', label: 'p50, ms', digits: 2 },
    { key: 'p99', label: 'p99, ms', digits: 2 },
  ],
  takes: relaysBytes,
  async run(context) {
    for (const tool of ['redis-server', 'redis-benchmark']) {
      if ((await textOf(tool, '--version')) === undefined) {
        context.note(`skipped: ${tool} is not installed`)
        return
      }
    }
    await measureThroughput(context, {
      variant: '',
      startUpstream: startRedis,
      units: context.quick ? 50_000 : 150_000,
      cpuScale: 1e6,
      load: get,
    })
  },
}

async function startRedis(): Promise<Upstream> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const program = new Program('redis-server', args, { output: 'discard' })
  await program.listening(port)
  return { port, [Symbol.asyncDispose]: () => program.stop() }
}

async function get(port: number, requests: number): Promise<Work> {
  const args = ['-h', '127.0.0.1', '-p', port, '-c', CONNECTIONS, '-n', requests, '-t', 'get', '--csv'].map(String)
  await using program = new Program('redis-benchmark', args)
  const { rps: rate, ...beside } = parseRedis(await program.output(DEADLINE_MS))
  return { units: requests, seconds: requests / rate, beside }
}

/** The one row that redis-benchmark prints with `--csv`: requests per second, and milliseconds where its version knows them (6.2). */
export function parseRedis(csv: string): { readonly rps: number; readonly p50?: number; readonly p99?: number } {
  const rows = csv.split('\n').map((line) => [...line.matchAll(/"([^"]*)"/g)].map(([, cell]) => cell))
  const row = rows.find(([test]) => test === 'GET') ?? []
  const head = rows.find(([test]) => test === 'test') ?? ['test', 'rps']
  const figure = (name: string): number => Number(row[head.indexOf(name)])
  const [rps, p50, p99] = ['rps', 'p50_latency_ms', 'p99_latency_ms'].map(figure) as [number, number, number]
  if (!(rps > 0)) throw new Error(`redis-benchmark answered ${JSON.stringify(csv)}`)
  return Number.isNaN(p50) || Number.isNaN(p99) ? { rps } : { rps, p50, p99 }
}
