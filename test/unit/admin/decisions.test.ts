import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAdminServer, type AdminServer } from '../../../src/admin/server.ts'
import { ControlPlane } from '../../../src/control/control-plane.ts'
import type { Decision } from '../../../src/core/decision.ts'
import { DecisionLog } from '../../../src/engine/decision-log.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'

/** More than a document shows by itself. */
const MANY = 1500

let admin: AdminServer
let close: () => Promise<void>
beforeEach(() => {
  const dataPlane = createLocalDataPlane({ seed: 7, factory: faultFactory })
  const log = new DecisionLog(7, 10_000)
  for (let i = 1; i <= MANY; i++) {
    log.add({
      proxy: i % 3 === 0 ? 'b' : 'a',
      fault: 'f',
      type: 'noop',
      kind: 'session',
      session: String(i),
      selected: true,
    })
  }
  dataPlane.decisions = (filter) => log.list(filter)
  const control = new ControlPlane({ dataPlane, seed: 7 })
  admin = createAdminServer({ control, host: '127.0.0.1', port: 0, version: '1' })
  close = () => dataPlane.close()
})
afterEach(() => close())

async function get(query: string) {
  const answer = await admin.hapi.inject({ url: `/v1/decisions${query}`, headers: { host: 'localhost' } })
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.payload }
}

async function list(query: string): Promise<{ readonly total: number; readonly decisions: readonly Decision[] }> {
  return JSON.parse((await get(query)).text) as { total: number; decisions: Decision[] }
}

const seqs = (decisions: readonly Decision[]) => [decisions[0]?.seq, decisions.at(-1)?.seq, decisions.length]

test('a document has the newest thousand, oldest first, and says how many there are', async () => {
  const { total, decisions } = await list('')
  expect({ total, seqs: seqs(decisions) }).toEqual({ total: MANY, seqs: [501, 1500, 1000] })
})

test('limit and filters', async () => {
  const few = await list('?limit=2')
  expect({ total: few.total, seqs: seqs(few.decisions) }).toEqual({ total: MANY, seqs: [1499, 1500, 2] })
  const all = await list('?limit=9999')
  expect(seqs(all.decisions)).toEqual([1, 1500, 1500])
  const later = await list('?proxy=b&after=1490')
  expect({ total: later.total, seqs: seqs(later.decisions) }).toEqual({ total: 4, seqs: [1491, 1500, 4] })
  expect((await list('?session=33')).decisions).toMatchObject([{ seq: 33, session: '33', proxy: 'b' }])
})

test('lines are the whole of it', async () => {
  const { status, type, text } = await get('?format=ndjson')
  expect({ status, type }).toEqual({ status: 200, type: expect.stringMatching(/^application\/x-ndjson/) as string })
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => (JSON.parse(line) as Decision).seq)).toEqual(Array.from({ length: MANY }, (_, i) => i + 1))
})

test('lines can be limited, and can be none', async () => {
  expect((await get('?format=ndjson&limit=3')).text.split('\n')).toHaveLength(4)
  // Of an empty text hapi made a 204: no file of a run without decisions, as far as a program could tell.
  expect(await get('?format=ndjson&proxy=none')).toEqual({
    status: 200,
    type: expect.stringMatching(/^application\/x-ndjson/) as string,
    text: '',
  })
})

test('a misspelt parameter is told what it may have been', async () => {
  const { detail } = JSON.parse((await get('?porxy=a')).text) as { detail: string }
  expect(detail).toBe(
    'there is no query parameter "porxy"; did you mean "proxy"? (expected one of proxy, fault, session, after, limit, format)',
  )
})

test.each([
  ['?limit=0', 'limit', 'a whole number of 1 to 9999'],
  ['?limit=10000', 'limit', 'a whole number of 1 to 9999'],
  ['?after=-1', 'after', 'the `seq` of a decision: a whole number'],
  ['?after=1&after=2', 'after', 'one number'],
  ['?format=xml', 'format', 'json or ndjson'],
  ['?proxy=a&proxy=b', 'proxy', 'one name'],
  ['?faults=f', 'faults', 'one of proxy, fault, session, after, limit, format'],
])('%s is refused', async (query, field, expected) => {
  const { status, type, text } = await get(query)
  expect({ status, type }).toEqual({ status: 400, type: 'application/problem+json' })
  expect(JSON.parse(text)).toMatchObject({ code: 'invalid_value', field, expected })
})
