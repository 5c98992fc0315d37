import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { RateWindows } from '../../../src/faults/http/rate-windows.ts'
import { aRequest, aResponse, ExchangeFaults, WALL, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

const TYPE = 'http_rate_limit'

/** One request after the other; answers their statuses, 0 = it goes on. */
class Client {
  readonly faults: ExchangeFaults
  #exchange = 0

  constructor(params: Readonly<Record<string, unknown>>) {
    this.faults = new ExchangeFaults(TYPE, params)
  }

  send(at: number, client = 'a', key?: string): number {
    const headers: [string, string][] = key === undefined ? [] : [['X-Key', key]]
    const options = { exchange: ++this.#exchange, at, client }
    return this.faults.request(aRequest({ headers }), options)?.answer?.status ?? 0
  }
}

describe('the budget', () => {
  test('lets the first of a window pass, and again when it is over', () => {
    const client = new Client({ limit: 2, window: '1s' })
    expect([100, 200, 300, 1099, 1100, 1200, 1300].map((at) => client.send(at))).toEqual([0, 0, 429, 429, 0, 0, 429])
  })

  test('belongs to each client', () => {
    const client = new Client({ limit: 1, window: '1s' })
    expect(['a', 'b', 'a', 'b'].map((who) => client.send(0, who))).toEqual([0, 0, 429, 429])
  })

  test('belongs to all of the proxy', () => {
    const client = new Client({ limit: 1, window: '1s', key: 'proxy' })
    expect(['a', 'b'].map((who) => client.send(0, who))).toEqual([0, 429])
  })

  test('belongs to each value of a field; who has none shares one', () => {
    const client = new Client({ limit: 1, window: '1s', key: 'header:x-KEY' })
    const keys = ['k', 'l', 'k', undefined, undefined, 'x'.repeat(500), 'x'.repeat(500), `${'x'.repeat(499)}y`]
    expect(keys.map((key, at) => client.send(at, `${at}`, key))).toEqual([0, 0, 429, 0, 429, 0, 429, 0])
  })

  test('begins anew with another key, even where that has the same values', () => {
    const client = new Client({ limit: 1, window: '1s', key: 'proxy' })
    expect([client.send(0), client.send(0)]).toEqual([0, 429])
    client.faults.update({ limit: 1, window: '1s', key: 'header:X-Key' })
    expect([client.send(0), client.send(0), client.send(0, 'a', 'b')]).toEqual([0, 429, 0])
    client.faults.update({ limit: 1, window: '1s', key: 'client' })
    expect([client.send(0, 'b'), client.send(0, 'b')]).toEqual([0, 429])
    client.faults.update({ limit: 1, window: '1s', key: 'header:x-KEY' })
    expect(client.send(0, 'a', 'b')).toBe(429)
  })

  test('of 0 refuses all, with a status of one’s own', () => {
    expect(new Client({ limit: 0, window: '1s', status: 503 }).send(0)).toBe(503)
  })

  test('is kept over sessions and updates, and a larger one may be used at once', () => {
    const faults = new ExchangeFaults(TYPE, { limit: 1, window: '10s' })
    const send = (session: string) => faults.request(aRequest(), { session })?.answer?.status ?? 0
    expect([send('a'), send('b'), send('c')]).toEqual([0, 429, 429])
    faults.update({ limit: 5, window: '10s' })
    expect([send('d'), send('e'), send('f')]).toEqual([0, 0, 429])
  })
})

test('who is asked again about the same exchange answers the same, and counts once', () => {
  const faults = new ExchangeFaults(TYPE, { limit: 2, window: '1s' })
  const ask = (exchange: number, session = 'a') =>
    faults.request(aRequest(), { exchange, session })?.answer?.status ?? 0
  expect([ask(1), ask(1), ask(1), ask(2), ask(2), ask(3), ask(3)]).toEqual([0, 0, 0, 0, 0, 429, 429])
  expect([ask(1, 'b'), ask(1, 'b')]).toEqual([429, 429])
})

test('in any window that begins with a request no more than the limit passes', () => {
  const cases = fc.property(
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.nat(30), { maxLength: 40 }),
    (limit, window, pauses) => {
      const client = new Client({ limit, window })
      let at = 0
      let start = -Infinity
      let used = 0
      for (const pause of pauses) {
        at += pause
        if (at >= start + window) [start, used] = [at, 0]
        used++
        expect(client.send(at)).toBe(used <= limit ? 0 : 429)
      }
    },
  )
  fc.assert(cases)
})

const refusedWith = (params: Readonly<Record<string, unknown>>) => {
  const faults = new ExchangeFaults(TYPE, { limit: 1, window: '90s', ...params })
  faults.request(aRequest())
  return faults.request(aRequest(), { exchange: 2, at: 500 })?.answer
}

describe('fields', () => {
  const draft = [
    ['RateLimit-Policy', '"default";q=1;w=90'],
    ['RateLimit', '"default";r=0;t=90'],
  ]
  const older = [
    ['X-RateLimit-Limit', '1'],
    ['X-RateLimit-Remaining', '0'],
    ['X-RateLimit-Reset', String(WALL / 1000 + 90)],
  ]
  const common = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Retry-After', '90'],
  ]

  test.each([
    ['both', [...common, ...draft, ...older]],
    ['ratelimit', [...common, ...draft]],
    ['x_ratelimit', [...common, ...older]],
    ['none', common],
  ])('of a refusal: %s', (which, expected) => {
    expect(refusedWith({ fields: which })?.headers).toEqual(expected)
    expect(refusedWith({ fields: which })?.body.toString()).toBe('Too Many Requests\n')
  })

  test('a client is never told to come back at once', () => {
    const faults = new ExchangeFaults(TYPE, { limit: 0, window: 10 })
    const headers = faults.request(aRequest(), { at: 0 })?.answer?.headers
    expect(fields(headers, 'retry-after')).toEqual(['1'])
  })

  test('of responses that pass: with announce always alone, in the place of those of the upstream', () => {
    const came = aResponse({ headers: [['x-ratelimit-remaining', '999']] })
    const all = new ExchangeFaults(TYPE, { limit: 5, window: '1s', announce: 'always', fields: 'x_ratelimit' })
    all.request(aRequest(), { at: 100 })
    expect(all.response(came, aRequest(), { at: 700 })?.head?.headers).toEqual([
      ['x-ratelimit-remaining', '4'],
      ['X-RateLimit-Limit', '5'],
      ['X-RateLimit-Reset', String(WALL / 1000 + 2)],
    ])
    const refused = new ExchangeFaults(TYPE, { limit: 5, window: '1s' })
    refused.request(aRequest())
    expect(refused.response(came)).toBeUndefined()
  })

  test('a response whose request it was not asked about has none', () => {
    const faults = new ExchangeFaults(TYPE, { limit: 5, window: '1s', announce: 'always' })
    expect(faults.response(aResponse())).toBeUndefined()
  })
})

test('ten thousand keys are counted, and of more the latest', () => {
  const windows = new RateWindows()
  for (let key = 0; key < 10_000; key++) windows.take(`k${key}`, 0, 1000)
  expect(windows.take('k0', 1, 1000).nth).toBe(2)
  windows.take('new', 1, 1000)
  expect(windows.size).toBe(10_000)
  expect(windows.take('k0', 2, 1000).nth).toBe(3)
  expect(windows.take('k2', 2, 1000).nth).toBe(2)
  expect(windows.take('k1', 2, 1000).nth).toBe(1)
})

describe('refusals', () => {
  test.each([
    [{ window: '1s' }, 'limit is missing: expected a whole number of requests, 0 to 1000000000'],
    [{ limit: 1.5, window: '1s' }, 'limit: expected a whole number of requests, 0 to 1000000000, got 1.5'],
    [{ limit: 1 }, 'window is missing: expected milliseconds or a duration'],
    [{ limit: 1, window: 0 }, 'window: expected a duration above 0, at most 8760h'],
    [
      { limit: 1, window: 1, key: 'user' },
      'key: expected client, proxy, or header:NAME with the name of a request field, got "user"',
    ],
    [{ limit: 1, window: 1, key: 'header:a b' }, 'key: expected client, proxy, or header:NAME'],
    [{ limit: 1, window: 1, status: 200 }, 'status: expected a status of an error: 400 to 599, got 200'],
    [{ limit: 1, window: 1, fields: 'all' }, 'fields: expected both, ratelimit, x_ratelimit or none, got "all"'],
    [{ limit: 1, window: 1, announce: 'never' }, 'announce: expected refused or always, got "never"'],
  ])('%j', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))
})

test('odd combinations are warned about', () => {
  const params = parseParams(TYPE, { limit: 0, window: 1, fields: 'none', announce: 'always' })
  expect(faultDefinition(TYPE)?.warnings?.(params)).toEqual([
    'a limit of 0 refuses every request',
    'announce does nothing with fields none',
  ])
})
