// node --expose-gc http-allocation-child.ts: what one exchange allocates on the heap, in bytes, as JSON.
import type { ExchangeMatch } from '../../src/core/plan.ts'
import { PlainExchanges } from './http-plain-exchanges.ts'

const REQUEST = Buffer.from('GET /items HTTP/1.1\r\nHost: api.example:8080\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n')
const RESPONSE = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello')

/** As in the benchmarks: what nothing matches, by method, path, host, query, field and client. */
const UNMATCHED: readonly ExchangeMatch[] = [
  { method: ['DELETE'] },
  { path: ['/never/*'] },
  { host: ['never.example'] },
  { query: { debug: '1' } },
  { headers: { 'x-tenant': 'canary-*' } },
  { client: ['203.0.113.0/24'] },
]

/** Until the compiler has seen it: what it has not, allocates what it would not. */
const WARM_UP = 100_000
/** So few that no collection comes in between. */
const MEASURED = 2000
/** The compiler, and whatever else runs, allocates too: the least of all is what the exchanges do. */
const ROUNDS = 10

function measure(exchanges: PlainExchanges): number {
  run(exchanges, WARM_UP)
  let least = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    run(exchanges, MEASURED)
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / MEASURED)
  }
  return least
}

function run(exchanges: PlainExchanges, count: number): void {
  for (let i = 0; i < count; i++) {
    const passed = exchanges.request(REQUEST) === REQUEST.length && exchanges.response(RESPONSE) === RESPONSE.length
    if (!passed) throw new Error('an exchange has not simply gone on')
  }
}

const plain = measure(new PlainExchanges())
const unmatched = measure(new PlainExchanges(UNMATCHED))
process.stdout.write(JSON.stringify({ plain, unmatched, hasGc: globalThis.gc !== undefined }))
