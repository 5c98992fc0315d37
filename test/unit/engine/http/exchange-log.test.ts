import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { ExchangeLog } from '../../../../src/engine/http/exchange-log.ts'
import { exchangeFacts } from '../../../support/exchange-rig.ts'

test('an exchange is told of as plain data, without secrets', () => {
  const log = new ExchangeLog(10)
  log.add(
    'api',
    exchangeFacts({
      exchange: 3,
      method: 'POST',
      target: '/orders?token=abc',
      status: 503,
      upstreamStatus: 0,
      origin: 'injected',
      faults: ['slow', 'err'],
      totalMs: 1.23456,
      upstreamMs: undefined,
    }),
  )
  expect(log.list()).toEqual([
    {
      seq: 1,
      time: '2026-01-31T12:00:00.000Z',
      proxy: 'api',
      session: '7',
      exchange: 3,
      client: '127.0.0.1:5000',
      method: 'POST',
      path: '/orders?token=…',
      status: 503,
      upstream_status: null,
      origin: 'injected',
      outcome: 'answered',
      faults: ['slow', 'err'],
      ms: { total: 1.235, upstream: null },
      bytes: { request: 100, response: 2000 },
    },
  ])
  expect(structuredClone(log.list())).toEqual(log.list())
})

test('an exchange without an answer has no status', () => {
  const log = new ExchangeLog(10)
  log.add('api', exchangeFacts({ status: 0, upstreamStatus: 200, outcome: 'reset', origin: 'client' }))
  expect(log.list()).toMatchObject([{ status: null, upstream_status: 200, outcome: 'reset', ms: { upstream: 10 } }])
})

test('the newest are kept, oldest first, and counted on', () => {
  const log = new ExchangeLog(3)
  expect(log.info).toMatchObject({ newest: 0, dropped: 0, kept: 3 })
  for (let exchange = 1; exchange <= 5; exchange++) log.add('api', exchangeFacts({ exchange }))
  expect(log.list().map(({ seq, exchange }) => [seq, exchange])).toEqual([
    [3, 3],
    [4, 4],
    [5, 5],
  ])
  expect(log.info).toMatchObject({ newest: 5, dropped: 2, kept: 3 })
  expect(log.list({ after: 4 }).map(({ seq }) => seq)).toEqual([5])
  expect(log.list({ after: 1 }).map(({ seq }) => seq)).toEqual([3, 4, 5])
  expect(log.list({ after: 5 })).toEqual([])
  expect(log.list({ after: 99 })).toEqual([])
})

test('what is kept is a copy: the object that it came in is that of another exchange soon', () => {
  const log = new ExchangeLog(2)
  const facts = { ...exchangeFacts({ target: '/a', faults: ['slow'] }) }
  log.add('api', facts)
  Object.assign(facts, exchangeFacts({ target: '/b', status: 404, upstreamMs: undefined }))
  log.add('cdn', facts)
  expect(log.list()).toMatchObject([
    { proxy: 'api', path: '/a', status: 200, faults: ['slow'], ms: { upstream: 10 } },
    { proxy: 'cdn', path: '/b', status: 404, faults: [], ms: { upstream: null } },
  ])
  log.add('api', exchangeFacts({ target: '/c' }))
  expect(log.list()).toMatchObject([{ path: '/b' }, { path: '/c', ms: { upstream: 10 } }])
})

test('a log of none keeps none, and counts', () => {
  const log = new ExchangeLog(0)
  log.add('api', exchangeFacts())
  expect([log.list(), log.info.newest, log.info.dropped]).toEqual([[], 1, 1])
})

test('filters by proxy, session, status, origin and fault', () => {
  const log = new ExchangeLog(10)
  log.add('api', exchangeFacts())
  log.add('cdn', exchangeFacts({ session: '8', status: 404 }))
  log.add('api', exchangeFacts({ status: 503, origin: 'injected', faults: ['slow', 'err'] }))
  log.add('api', exchangeFacts({ status: 0, origin: 'client', faults: ['slow'] }))
  const seqs = (filter: Parameters<ExchangeLog['list']>[0]) => log.list(filter).map(({ seq }) => seq)
  expect(seqs({ proxy: 'api' })).toEqual([1, 3, 4])
  expect(seqs({ session: '8' })).toEqual([2])
  expect(seqs({ status: [[400, 499]] })).toEqual([2])
  const failed = [
    [500, 599],
    [0, 0],
  ] as const
  expect(seqs({ status: failed })).toEqual([3, 4])
  expect(seqs({ origin: 'injected' })).toEqual([3])
  expect(seqs({ fault: 'slow' })).toEqual([3, 4])
  expect(seqs({ fault: 'slow', proxy: 'api', after: 3 })).toEqual([4])
  expect(seqs({ fault: 'slo' })).toEqual([])
})

test('queries are shown where that is wanted', () => {
  const log = new ExchangeLog(10, true)
  log.add('api', exchangeFacts({ target: 'http://u:p@h/?a=b' }))
  expect(log.list()[0]?.path).toBe('http://…@h/?a=b')
})

test('what is longer than anybody wants to read is cut, and hides its secrets all the same', () => {
  const log = new ExchangeLog(10)
  const long = 'x'.repeat(5000)
  log.add('api', exchangeFacts({ method: long, target: `/${long}?token=abc` }))
  log.add('api', exchangeFacts({ target: `http://user:${long}@host/a` }))
  log.add('api', exchangeFacts({ target: `/a?token=${long}` }))
  const [first, ...others] = log.list()
  expect([first?.method.length, first?.path.length]).toEqual([64, 2048])
  expect(first?.path).toBe(`/${'x'.repeat(2046)}…`)
  expect(others.map(({ path }) => path)).toEqual(['http://…@host/a', '/a?token=…'])
})

test('what redacting leaves of a long target keeps nothing of the rest in memory', () => {
  const before = usedBytes()
  const log = new ExchangeLog(1000)
  for (let at = 0; at < 1000; at++) {
    const target = Buffer.from(`/a/path/of/some/length/${at}?token=${'x'.repeat(32_000)}`).toString('latin1')
    log.add('api', exchangeFacts({ target }))
  }
  expect(usedBytes() - before).toBeLessThan(8e6)
  expect(log.list()[999]?.path).toBe('/a/path/of/some/length/999?token=…')
})

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  for (let round = 0; round < 2; round++) runInNewContext('gc()')
  return getHeapStatistics().used_heap_size
}
