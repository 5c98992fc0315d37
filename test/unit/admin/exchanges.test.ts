import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStatuses } from '../../../src/admin/exchange-query.ts'
import type { ExchangeInfo } from '../../../src/engine/http/exchange-info.ts'
import type { ExchangeLogInfo } from '../../../src/engine/http/exchange-log.ts'
import { ExchangeRig } from '../../support/exchange-rig.ts'

/** More than a document shows by itself. */
const MANY = 1500

let rig: ExchangeRig
beforeAll(async () => {
  rig = await ExchangeRig.start({ kept: 2000 })
  for (let i = 1; i <= MANY; i++) {
    const injected = i % 100 === 0 ? { status: 503, origin: 'injected' as const, faults: ['err'] } : {}
    rig.record(i % 3 === 0 ? 'cdn' : 'api', { session: String(i), target: `/${i}?q=1`, ...injected })
  }
})
afterAll(() => rig[Symbol.asyncDispose]())

interface Document {
  readonly total: number
  readonly log: ExchangeLogInfo
  readonly exchanges: readonly ExchangeInfo[]
}

async function list(query: string): Promise<Document> {
  return JSON.parse((await rig.ask('GET', `/v1/exchanges${query}`)).body) as Document
}

const seqs = ({ exchanges }: Document) => [exchanges[0]?.seq, exchanges.at(-1)?.seq, exchanges.length]

test('a document has the newest thousand, oldest first, and says how far the log goes', async () => {
  const document = await list('')
  expect(seqs(document)).toEqual([501, 1500, 1000])
  expect(document.total).toBe(MANY)
  expect(document.log).toEqual({ started: expect.any(String) as string, newest: MANY, dropped: 0, kept: 2000 })
  expect(Date.parse(document.log.started)).toBeLessThanOrEqual(Date.now())
  expect(document.exchanges[0]).toMatchObject({ proxy: 'cdn', path: '/501?q=…', status: 200 })
})

test('limit and filters', async () => {
  expect(seqs(await list('?limit=2'))).toEqual([1499, 1500, 2])
  expect(seqs(await list('?limit=9999'))).toEqual([1, 1500, 1500])
  expect(seqs(await list('?proxy=cdn&after=1490'))).toEqual([1491, 1500, 4])
  expect((await list('?session=33')).exchanges).toMatchObject([{ seq: 33, session: '33', proxy: 'cdn' }])
  expect(await list('?status=5xx&limit=1')).toMatchObject({ total: 15, exchanges: [{ seq: 1500, status: 503 }] })
  expect(seqs(await list('?status=404,500-503&origin=injected&fault=err'))).toEqual([100, 1500, 15])
  expect(await list('?status=none')).toMatchObject({ total: 0, exchanges: [], log: { newest: MANY } })
  expect(await list('?fault=er')).toMatchObject({ total: 0 })
})

test('lines are the whole of it, and can be none', async () => {
  const { status, body, headers } = await rig.ask('GET', '/v1/exchanges?format=ndjson')
  expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^application\/x-ndjson/)])
  const lines = body.split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => (JSON.parse(line) as ExchangeInfo).seq)).toEqual(
    Array.from({ length: MANY }, (_, i) => i + 1),
  )
  expect(await rig.ask('GET', '/v1/exchanges?format=ndjson&proxy=none')).toMatchObject({ status: 200, body: '' })
})

const STATUSES = 'statuses with commas between them, each as 503, 5xx, 400-499 or none'

test.each([
  ['?limit=0', 'limit', 'a whole number of 1 to 9999'],
  ['?after=-1', 'after', 'the `seq` of an exchange: a whole number'],
  ['?after=1&after=2', 'after', 'one number'],
  ['?status=teapot', 'status', STATUSES],
  ['?status=', 'status', STATUSES],
  ['?status=503,', 'status', STATUSES],
  ['?status=500-400', 'status', STATUSES],
  ['?status=0xx', 'status', STATUSES],
  ['?status=500&status=501', 'status', STATUSES],
  ['?origin=server', 'origin', 'injected, client, upstream or proxy'],
  ['?format=xml', 'format', 'json or ndjson'],
  ['?proxy=a&proxy=b', 'proxy', 'one name'],
  ['?session=1&session=2', 'session', 'one id'],
  ['?faults=f', 'faults', 'one of proxy, session, status, origin, fault, after, limit, format'],
])('%s is refused', async (query, field, expected) => {
  const { status, body, headers } = await rig.ask('GET', `/v1/exchanges${query}`)
  expect([status, headers['content-type']]).toEqual([400, 'application/problem+json'])
  expect(JSON.parse(body)).toMatchObject({ code: 'invalid_value', field, expected })
})

test('statuses are read as ranges', () => {
  expect(readStatuses('503, 5XX,400-499,none')).toEqual([
    [503, 503],
    [500, 599],
    [400, 499],
    [0, 0],
  ])
})

test('a real data plane begins with none, and keeps as many as it was told', async () => {
  const { createLocalDataPlane } = await import('../../../src/engine/local-data-plane.ts')
  const { faultFactory } = await import('../../../src/faults/index.ts')
  const plane = createLocalDataPlane({ seed: 1, factory: faultFactory, exchangesKept: 5 })
  expect([plane.exchanges(), plane.exchangeLog()]).toMatchObject([[], { newest: 0, dropped: 0, kept: 5 }])
  await plane.close()
})
