import { describe, expect, test } from 'vitest'
import { edgeOf } from '../../../src/faults/cdn-bad-edge.ts'
import { faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { aRequest, aResponse, ExchangeFaults, fields } from '../../support/exchange-context.ts'
import { refusalOf } from '../../support/http-fault.ts'

const TYPE = 'cdn_bad_edge'

const ONE = { edges: 1 }

const clients = Array.from({ length: 1000 }, (_, nth) => `10.0.${nth >> 8}.${nth & 255}`)

const clientsHit = (salt: string) => {
  const faults = new ExchangeFaults(TYPE, { edges: 4, salt })
  return clients.filter((client) => faults.request(aRequest(), { client }) !== undefined)
}

describe('the bad edge', () => {
  test('answers with an error, and does not ask the upstream', () => {
    const verdict = new ExchangeFaults(TYPE, { ...ONE, status: 502, mark: true }).request(aRequest())
    expect(verdict).toMatchObject({ forward: 'never', answer: { status: 502, body: Buffer.from('Bad Gateway\n') } })
    expect(fields(verdict?.answer?.headers, 'x-served-by')).toEqual(['edge-0'])
  })

  test.each([
    [
      { symptom: 'slow', delay: '2s' },
      { what: 'bad_edge', wait: 2000 },
    ],
    [{ symptom: 'reset' }, { what: 'bad_edge', end: 'reset-client' }],
  ])('%j', (params, verdict) => {
    expect(new ExchangeFaults(TYPE, { ...ONE, ...params }).request(aRequest())).toEqual(verdict)
  })

  test('is met by about one client in `edges`, always the same ones', () => {
    const first = clientsHit('')
    // Four standard deviations of a binomial one.
    expect(Math.abs(first.length - 250)).toBeLessThan(4 * Math.sqrt(187.5))
    expect(clientsHit('')).toEqual(first)
    expect(clientsHit('other')).not.toEqual(first)
  })

  test('with a field as key its value alone counts', () => {
    const faults = new ExchangeFaults(TYPE, { edges: 2, key: 'header:X-User' })
    const isHit = (user: string, client: string) =>
      faults.request(aRequest({ headers: [['x-user', user]] }), { client }) !== undefined
    const users = clients.filter((user) => isHit(user, 'a'))
    expect(users.every((user) => isHit(user, 'b'))).toBe(true)
    expect(users.length).toBeGreaterThan(0)
    expect(users.length).toBeLessThan(1000)
  })
})

test('every edge has its clients, and responses say which it was', () => {
  const edges = clients.map((client) => edgeOf(client, { edges: 5, salt: '' }))
  expect([...new Set(edges)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
  const faults = new ExchangeFaults(TYPE, { edges: 5, mark: true })
  const marks = clients.map((client) =>
    fields(faults.response(aResponse(), aRequest(), { client })?.head?.headers, 'x-served-by'),
  )
  expect(marks).toEqual(edges.map((edge) => [`edge-${edge}`]))
})

test('without a mark responses pass as they came', () => {
  expect(new ExchangeFaults(TYPE, ONE).response(aResponse())).toBeUndefined()
})

test.each([
  [{ edges: 0 }, 'edges: expected a whole number of edges, 1 to 1000, got 0'],
  [{ key: 'exchange' }, 'key: expected client, or header:NAME with the name of a request field, got "exchange"'],
  [{ status: 200 }, 'status: expected a status of an error: 400 to 599, got 200'],
  [{ symptom: 'sad' }, 'symptom: expected error, slow or reset, got "sad"'],
  [{ delay: 0 }, 'delay: expected a duration above 0'],
])('%j is refused', (params, text) => expect(refusalOf(TYPE, params)).toContain(text))

test('odd combinations are warned about', () => {
  const params = parseParams(TYPE, { edges: 1, salt: 'x', symptom: 'reset', mark: true })
  expect(faultDefinition(TYPE)?.warnings?.(params)).toEqual([
    'with one edge every client meets the bad one',
    'salt does nothing with one edge',
    'a connection that is reset has no response to mark',
  ])
})
