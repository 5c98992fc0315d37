import { HTTP_SUBJECT_UNMATCHED, type Rival } from '../../rivals/rival.ts'
import { HTTP_YARDSTICK } from '../../samples.ts'
import { movesHttp, readsHttp, type Case } from '../case.ts'
import { loadServer } from '../rounds.ts'
import { measureThroughput, throughputMetrics } from '../throughput.ts'
import { loadGenerator, timeMetrics, type Requests } from './requests.ts'

const CONNECTIONS = 50

/** What proxies that understand HTTP cost when they do nothing but pass it on. */
function cost(
  about: Pick<Case, 'name' | 'takes'> & { readonly what: string },
  requests: Pick<Requests, 'path' | 'close'>,
): Case {
  return {
    name: about.name,
    summary:
      `${about.what}, ${CONNECTIONS} at a time, through proxies that understand HTTP. Each connection asks again as soon as it is answered: times ` +
      'are those under full load. The rate of `direct` is the ceiling of the load generator.',
    metrics: [
      ...throughputMetrics({ label: 'CPU µs/request', digits: 1 }, { label: 'requests/s', digits: 0 }),
      ...timeMetrics,
    ],
    yardstick: HTTP_YARDSTICK,
    takes: about.takes,
    async run(context) {
      const request = await loadGenerator(context)
      await measureThroughput(context, {
        variant: '',
        startUpstream: loadServer('http-server.ts'),
        units: context.quick ? 1 : 2,
        cpuScale: 1e6,
        async load(port, seconds) {
          const { p50, p99, p999, ...work } = await request(port, { ...requests, connections: CONNECTIONS, seconds })
          return { ...work, beside: { p50, p99, p999 } }
        },
      })
    },
  }
}

/** What matching costs is seen best where nothing else costs much. */
const matchesNothing = ({ name }: Rival): boolean => name !== HTTP_SUBJECT_UNMATCHED

export const httpSmall = cost(
  { name: 'http-small', what: 'GET of 100 bytes on keep-alive connections', takes: readsHttp },
  { path: '/100' },
)

export const http64k = cost(
  {
    name: 'http-64k',
    what: 'GET of 64 KiB on keep-alive connections',
    takes: (rival) => movesHttp(rival) && matchesNothing(rival),
  },
  { path: '/65536' },
)

export const httpClose = cost(
  {
    name: 'http-close',
    what: 'GET of 100 bytes on a connection of its own',
    takes: (rival) => readsHttp(rival) && matchesNothing(rival),
  },
  { path: '/100', close: true },
)
