import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statusShape } from '../../../src/admin/shapes/status.ts'
import type { WorkerInfo } from '../../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { createCounts } from '../../../src/observe/counts.ts'
import { createMetrics } from '../../../src/observe/metrics.ts'
import { AdminRig, echoedClient, echoServer } from '../../support/admin-rig.ts'
import { Elsewhere } from '../../support/elsewhere.ts'
import { eventually } from '../../support/wait.ts'

const SINCE = '2026-01-31T12:00:00.000Z'
const WORKERS: readonly WorkerInfo[] = [
  { worker: 1, state: 'running', deaths: 0, since: SINCE },
  { worker: 2, state: 'starting', deaths: 3, since: SINCE },
]

let plane: Elsewhere
let rig: AdminRig
let upstream: Awaited<ReturnType<typeof echoServer>>
let client: Socket
beforeEach(async () => {
  upstream = await echoServer()
  plane = new Elsewhere(createLocalDataPlane({ seed: 1, factory: faultFactory }), WORKERS)
  rig = new AdminRig({}, plane)
  const { listen } = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: upstream.address })
  await rig.control.addFault('a', { name: 'slow', type: 'latency', latency: 0 })
  client = await echoedClient(listen)
})
afterEach(async () => {
  client.destroy()
  await rig[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

async function json(method: string, url: string, body?: string): Promise<{ status: number; body: unknown }> {
  const answer = await rig.ask(method, url, body)
  return { status: answer.status, body: answer.body === '' ? undefined : JSON.parse(answer.body) }
}

function linesOf(metrics: string): readonly string[] {
  return metrics.split('\n').filter((line) => /^foulweather_(sessions_active|worker)/.test(line))
}

describe('what is asked of sessions in other threads is answered when they have', () => {
  test('the status, with its threads', async () => {
    const { body } = await json('GET', '/v1/status')
    expect(body).toMatchObject({ workers: WORKERS, sessions: { active: 1, total: 1 }, faults: 1 })
    expect(statusShape.safeParse(body)).toMatchObject({ success: true })
  })

  test('sessions, one of them, and its end', async () => {
    const { body } = await json('GET', '/v1/sessions')
    expect(body).toMatchObject({ total: 1, sessions: [{ id: '1', proxy: 'a', state: 'open' }] })
    expect(await json('GET', '/v1/sessions/1')).toMatchObject({ status: 200, body: { id: '1' } })
    expect(await json('DELETE', '/v1/sessions/1')).toEqual({ status: 204, body: undefined })
    await eventually('it is over', async () => (await plane.sessions()).length === 0)
    for (const [method, id] of [
      ['DELETE', '1'],
      ['DELETE', '7'],
      ['GET', '7'],
    ] as const)
      expect(await json(method, `/v1/sessions/${id}`)).toMatchObject({
        status: 404,
        body: { code: 'session_not_found', field: 'id', value: id },
      })
  })

  test('decisions and exchanges', async () => {
    expect(await json('GET', '/v1/decisions')).toMatchObject({
      body: { total: 1, decisions: [{ proxy: 'a', fault: 'slow', selected: true }] },
    })
    expect((await rig.ask('GET', '/v1/decisions?format=ndjson')).body).toMatch(/^\{.*"fault":"slow".*\}\n$/)
    expect(await json('GET', '/v1/exchanges')).toMatchObject({ body: { total: 0, log: { newest: 0 }, exchanges: [] } })
  })

  test('the counters of faults', async () => {
    const counters = { seen: 1, selected: 1, active: 1 }
    const fault = { name: 'slow', state: 'working', counters }
    expect(await json('GET', '/v1/proxies')).toMatchObject({ body: { total: 1, proxies: [{ faults: [fault] }] } })
    expect(await json('GET', '/v1/proxies/a')).toMatchObject({ body: { faults: [fault] } })
    expect(await json('GET', '/v1/proxies/a/faults')).toMatchObject({ body: { total: 1, faults: [fault] } })
    expect(await json('GET', '/v1/proxies/a/faults/slow')).toMatchObject({ body: fault })
    const patched = await json('PATCH', '/v1/proxies/a/faults/slow', '{"latency":1}')
    expect(patched).toMatchObject({ status: 200, body: { ...fault, latency: 1 } })
    const added = await rig.ask('POST', '/v1/proxies/a/faults', '{"type":"noop","name":"n"}')
    expect([added.status, added.headers['location']]).toEqual([201, '/v1/proxies/a/faults/n'])
  })

  test('metrics, from one snapshot for each text, side by side too', async () => {
    const control = { events: rig.control.events, safety: rig.control.safety, profiles: rig.control.profiles }
    const counts = createCounts({ control, dataPlane: plane })
    let snapshots = 0
    const dataPlane = { snapshot: () => (snapshots++, plane.snapshot()) }
    const metrics = createMetrics({ dataPlane, counts, version: '1', groups: ['foulweather', 'toxiproxy'] })
    const [one, other] = await Promise.all([metrics(), metrics()])
    expect(snapshots).toBe(2)
    const expected = [
      'foulweather_sessions_active{proxy="a"} 1',
      'foulweather_workers 1',
      'foulweather_worker_deaths_total{worker="1"} 0',
      'foulweather_worker_deaths_total{worker="2"} 3',
    ]
    expect([linesOf(one), linesOf(other)]).toEqual([expected, expected])
  })
})

test('a halt answers when no thread has a fault any more, and takes none from the call on', async () => {
  const cleared = Promise.withResolvers<void>()
  plane.clearing = cleared.promise
  let answered = false
  const halting = rig.ask('POST', '/v1/halt').finally(() => (answered = true))
  await eventually('it has begun', () => rig.control.safety.halt)
  expect(rig.control.proxy('a').faults).toEqual([])
  await expect(rig.control.addFault('a', { type: 'noop' })).rejects.toMatchObject({ code: 'halted' })
  expect((await plane.sessions())[0]?.stages.downstream).toEqual(['slow'])
  await turn()
  expect(answered).toBe(false)
  cleared.resolve()
  expect(JSON.parse((await halting).body)).toMatchObject({ faults_removed: 1 })
  expect((await plane.sessions())[0]?.stages.downstream).toEqual([])
})
