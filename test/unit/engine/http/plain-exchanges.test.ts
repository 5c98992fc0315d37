import { expect, test } from 'vitest'
import { PlainExchanges } from '../../../support/http-plain-exchanges.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

function exchange(exchanges: PlainExchanges, request: string, response: string): void {
  expect(exchanges.request(bytes(request))).toBe(request.length)
  expect(exchanges.response(bytes(response))).toBe(response.length)
}

test('each exchange is written down as itself, though all of them are one object', () => {
  const exchanges = new PlainExchanges()
  exchange(exchanges, 'GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab')
  exchange(exchanges, 'POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc', 'HTTP/1.1 204 No\r\n\r\n')
  exchange(
    exchanges,
    'POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n',
  )
  const told = exchanges.log.list().map(({ exchange: number, method, path, status, bytes: { request, response } }) => {
    return [number, method, path, status, request, response]
  })
  expect(told).toEqual([
    [1, 'GET', '/a?b=…', 200, 32, 40],
    [2, 'POST', '/b', 204, 51, 19],
    [3, 'POST', '/b', 404, 48, 38],
  ])
  expect(exchanges.counters.data()).toMatchObject({ inFlight: 0, answered: { upstream: { '2xx': 2, '4xx': 1 } } })
})

test('what one exchange has said is not taken for what the next one says', () => {
  const exchanges = new PlainExchanges()
  exchange(exchanges, 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n', 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n')
  expect(exchanges.request(bytes('GET /b HTTP/1.1\r\nHost: h\r\n\r\n'))).toBe(28)
  exchanges.conversation.close({ origin: 'client', reason: 'reset' })
  expect(exchanges.log.list()).toMatchObject([
    { exchange: 1, path: '/a', status: 500, upstream_status: 500, origin: 'upstream', outcome: 'answered' },
    {
      exchange: 2,
      path: '/b',
      status: null,
      upstream_status: null,
      origin: 'client',
      outcome: 'reset',
      ms: { upstream: null },
    },
  ])
})

test('a request that a fault is meant for is kept, behind others that went on', () => {
  const exchanges = new PlainExchanges([{ headers: { 'x-tenant': 'canary' } }, { host: ['other.example'] }])
  exchange(exchanges, 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  expect(exchanges.request(bytes('GET /b HTTP/1.1\r\nHost: h\r\nX-Tenant: canary\r\n\r\n'))).toBe(0)
  expect(exchanges.conversation.exchange).toMatchObject({ number: 2, target: '/b', chosen: [{ work: { name: 'f0' } }] })
})
