import { expect, test } from 'vitest'
import { ExchangeCounters } from '../../../../src/engine/http/exchange-counters.ts'
import { ExchangeLog } from '../../../../src/engine/http/exchange-log.ts'
import { ProxyCounters } from '../../../../src/engine/proxy-counters.ts'
import { exchangeFacts } from '../../../support/exchange-rig.ts'

function rig() {
  const counters = new ExchangeCounters()
  const log = new ExchangeLog(10)
  return { counters, log, recorder: counters.recorder(log, 'api') }
}

test('exchanges are in flight from their beginning to their end, and then in the log', () => {
  const { counters, log, recorder } = rig()
  recorder.began()
  recorder.began()
  expect([counters.data().inFlight, log.list()]).toEqual([2, []])
  recorder.ended(exchangeFacts({ target: '/a' }))
  expect(counters.data().inFlight).toBe(1)
  expect(log.list()).toMatchObject([{ proxy: 'api', path: '/a' }])
})

test('those that are over are counted by who answered and by class', () => {
  const { counters, recorder } = rig()
  const ends = [
    ['upstream', 200],
    ['upstream', 299],
    ['upstream', 101],
    ['upstream', 304],
    ['upstream', 404],
    ['injected', 503],
    ['injected', 0],
    ['client', 0],
    ['proxy', 502],
    ['upstream', 99],
    ['upstream', 999],
  ] as const
  for (const [origin, status] of ends) {
    recorder.began()
    recorder.ended(exchangeFacts({ origin, status }))
  }
  const { inFlight, answered } = counters.data()
  expect({ inFlight, answered }).toEqual({
    inFlight: 0,
    answered: {
      upstream: { '1xx': 1, '2xx': 2, '3xx': 1, '4xx': 1, other: 2 },
      injected: { '5xx': 1, none: 1 },
      client: { none: 1 },
      proxy: { '5xx': 1 },
    },
  })
})

test('times go into histograms; one that the upstream has not answered is none of its times', () => {
  const { counters, recorder } = rig()
  recorder.ended(exchangeFacts({ totalMs: 12.5, upstreamMs: 10 }))
  recorder.ended(exchangeFacts({ totalMs: 40_000, upstreamMs: undefined }))
  const { totalMs, upstreamMs } = counters.data()
  expect([totalMs.sum, upstreamMs.sum]).toEqual([40_012.5, 10])
  const under = ({ bounds, counts }: typeof totalMs) =>
    counts.flatMap((count, i) => (count > 0 ? [[bounds[i] ?? Infinity, count]] : []))
  expect(under(totalMs)).toEqual([
    [25, 1],
    [Infinity, 1],
  ])
  expect(under(upstreamMs)).toEqual([[10, 1]])
})

test('refused messages are counted by side and rule, of which there is a bound', () => {
  const { counters, recorder } = rig()
  recorder.refused('client', 'bare_lf')
  recorder.refused('client', 'bare_lf')
  recorder.refused('upstream', 'bare_lf')
  for (let rule = 0; rule < 100; rule++) recorder.refused('upstream', `rule ${rule}`)
  recorder.refused('upstream', 'bare_lf')
  const { client, upstream } = counters.data().refused
  expect(client).toEqual({ bare_lf: 2 })
  expect(Object.keys(upstream)).toHaveLength(65)
  expect([upstream['bare_lf'], upstream['rule 62'], upstream['other']]).toEqual([2, 1, 37])
})

test('only a proxy that was asked for its exchanges has any in its snapshot', () => {
  const counters = new ProxyCounters()
  expect(counters.data(0)).not.toHaveProperty('http')
  counters.http.recorder(new ExchangeLog(1), 'api').began()
  expect(counters.data(0).http).toMatchObject({ inFlight: 1 })
  expect(structuredClone(counters.data(0))).toEqual(counters.data(0))
})
