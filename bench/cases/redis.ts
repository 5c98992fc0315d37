import { freePort, Program, textOf } from '../program.ts'
import { relaysBytes, type Case } from './case.ts'
import type { Upstream } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

const CONNECTIONS = 50
const DEADLINE_MS = 60_000

export const redis: Case = {
  name: 'redis',
  summary: `redis-benchmark GET on a real Redis, ${CONNECTIONS} connections, no pipelining.`,
  metrics: throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
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
      units: context.quick ? 60_000 : 150_000,
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

async function get(port: number, requests: number): Promise<{ units: number; seconds: number }> {
  const args = ['-h', '127.0.0.1', '-p', port, '-c', CONNECTIONS, '-n', requests, '-t', 'get', '--csv'].map(String)
  await using program = new Program('redis-benchmark', args)
  const csv = await program.output(DEADLINE_MS)
  const rate = Number(/^"GET","([\d.]+)"/m.exec(csv)?.[1])
  if (!(rate > 0)) throw new Error(`redis-benchmark answered ${JSON.stringify(csv)}`)
  return { units: requests, seconds: requests / rate }
}
