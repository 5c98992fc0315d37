import { expect, test } from 'vitest'
import { auditShape } from '../../../src/admin/shapes/audit.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { EventsRig } from '../../support/events-rig.ts'

async function changed(): Promise<EventsRig> {
  const rig = new EventsRig()
  await rig.control.createProxy(
    { name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' },
    { actor: 'al@1.2.3.4:5' },
  )
  await rig.control.addFault(
    'pg',
    { name: 'a', type: 'latency', latency: 1 },
    { actor: 'al@1.2.3.4:6', reason: 'drill' },
  )
  await rig.control.removeFault('pg', 'a', { actor: 'bo@1.2.3.4:7' })
  await rig.control.deleteProxy('pg')
  return rig
}

interface Answer {
  readonly total: number
  readonly entries: readonly Record<string, unknown>[]
}

async function ask(rig: EventsRig, query = '') {
  const { statusCode, payload, headers } = await rig.admin.hapi.inject({
    url: `/v1/audit${query}`,
    headers: { host: 'localhost' },
  })
  return { status: statusCode, payload, type: headers['content-type'] }
}

async function listed(rig: EventsRig, query: string): Promise<readonly [total: number, revisions: readonly unknown[]]> {
  const { total, entries } = JSON.parse((await ask(rig, query)).payload) as Answer
  return [total, entries.map(({ revision }) => revision)]
}

test('changes are there with everything, the newest last, as the shape says', async () => {
  await using rig = await changed()
  const { status, payload, type } = await ask(rig)
  expect([status, type]).toEqual([200, 'application/json; charset=utf-8'])
  const answer = JSON.parse(payload) as Answer
  expect(auditShape.safeParse(answer).error).toBeUndefined()
  expect(answer.total).toBe(4)
  expect(answer.entries.map(({ action }) => action)).toEqual([
    'proxy-created',
    'fault-added',
    'fault-removed',
    'proxy-deleted',
  ])
  const { warnings, ...change } = rig.changes[1] ?? {}
  expect(warnings).toBeUndefined()
  expect(answer.entries[1]).toEqual(JSON.parse(JSON.stringify(change)))
})

test('filters, and how many', async () => {
  await using rig = await changed()
  expect(await listed(rig, '?limit=2')).toEqual([4, [3, 4]])
  expect(await listed(rig, '?since=1&limit=1')).toEqual([3, [4]])
  expect(await listed(rig, '?action=fault-*')).toEqual([2, [2, 3]])
  expect(await listed(rig, '?action=proxy-deleted,fault-added')).toEqual([2, [2, 4]])
  expect(await listed(rig, '?actor=al')).toEqual([2, [1, 2]])
  expect(await listed(rig, '?actor=1.2.3.4')).toEqual([3, [1, 2, 3]])
  expect(await listed(rig, '?proxy=redis')).toEqual([0, []])
  expect(await listed(rig, '?profile=outage')).toEqual([0, []])
})

test('one entry per line', async () => {
  await using rig = await changed()
  const { payload, type } = await ask(rig, '?format=ndjson&since=2')
  expect(type).toMatch(/^application\/x-ndjson/)
  expect(payload.endsWith('\n')).toBe(true)
  const lines = payload.split('\n').slice(0, -1)
  expect(lines.map((line) => (JSON.parse(line) as { revision: number }).revision)).toEqual([3, 4])
  expect(await ask(rig, '?format=ndjson&proxy=none')).toMatchObject({ status: 200, payload: '' })
})

test.each([
  ['limit=0', 'limit', 'a whole number of 1 to 9999'],
  ['since=-1', 'since', 'a `revision`'],
  ['action=fault-aded', 'action', 'did you mean \\"fault-added\\"?'],
  ['action=door-*', 'action', 'names with commas'],
  ['action=', 'action', 'names with commas'],
  [`action=${'a*'.repeat(600)}`, 'action', 'at most 1000 characters'],
  ['format=csv', 'format', 'json or ndjson'],
  ['actr=al', 'actr', 'did you mean \\"actor\\"?'],
])('%s is refused by name', async (query, field, text) => {
  await using rig = new EventsRig()
  const { status, payload } = await ask(rig, `?${query}`)
  expect(status).toBe(400)
  expect(JSON.parse(payload)).toMatchObject({ code: 'invalid_value', field })
  expect(payload).toContain(text)
})

test('without an audit, or events, there is no such route', async () => {
  await using rig = new AdminRig()
  expect([(await rig.ask('GET', '/v1/audit')).status, (await rig.ask('GET', '/v1/events')).status]).toEqual([404, 404])
})
