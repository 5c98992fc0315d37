import { relaysBytes, type Case } from './case.ts'
import { loadGenerator } from './http/requests.ts'
import { loadServer } from './rounds.ts'
import { measureThroughput, throughputMetrics } from './throughput.ts'

const CONNECTIONS = 50

export const http: Case = {
  name: 'http',
  heavy: true,
  summary: `GET of 128 bytes on ${CONNECTIONS} keep-alive connections, through rivals that move bytes; http-small has those that look at them.`,
  metrics: throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
  takes: relaysBytes,
  async run(context) {
    const request = await loadGenerator(context)
    await measureThroughput(context, {
      variant: '',
      startUpstream: loadServer('http-server.ts'),
      units: context.quick ? 1 : 4,
      cpuScale: 1e6,
      load: (port, seconds) => request(port, { path: '/128', connections: CONNECTIONS, seconds }),
    })
  },
}
