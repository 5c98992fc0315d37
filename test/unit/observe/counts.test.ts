import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { EngineEvents } from '../../../src/engine/events.ts'
import { createCounts } from '../../../src/observe/counts.ts'
import { createMetrics } from '../../../src/observe/metrics.ts'
import { ControlRig } from '../../support/admin-rig.ts'

async function linesOf(rig: ControlRig, counts: ReturnType<typeof createCounts>): Promise<readonly string[]> {
  const text = await createMetrics({ dataPlane: rig.dataPlane, counts, version: '1', groups: ['foulweather'] })()
  const ours = /^foulweather_(profile|halted|limits|events|audit)/
  return text.split('\n').filter((line) => ours.test(line))
}

test('profiles, halts, limits, events and the audit have metrics', async () => {
  await using rig = new ControlRig()
  const { control, dataPlane } = rig
  const events = { dropped: 0 }
  const audit = { dropped: 0 }
  const counts = createCounts({ control, dataPlane, events, audit })
  expect(await linesOf(rig, counts)).toEqual([
    'foulweather_halted 0',
    'foulweather_events_dropped_total 0',
    'foulweather_audit_dropped_total 0',
  ])

  await control.createProxy({ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
  await control.profiles.put('good', 'faults: [{on: pg, name: a, type: latency, latency: 1}]')
  const met = { limit: 'max_share', scope: 'fault', bound: 1, value: 2 } as const
  dataPlane.events.emit('limit-crossed', { proxy: 'pg', fault: 'a', ...met })
  dataPlane.events.emit('limit-crossed', { proxy: 'pg', fault: 'a', ...met })
  events.dropped = 3
  audit.dropped = 4
  control.events.emit('changed', {
    action: 'profile-reload-failed',
    profile: 'bad',
    before: null,
    after: null,
    revision: 1,
    time: '',
  })
  await control.profiles.activate('good')
  await control.profiles.put('good', 'faults: [{on: pg, name: a, type: latency, latency: 2}]')
  await control.halt({})
  expect(await linesOf(rig, counts)).toEqual([
    'foulweather_profile_reload_failed{profile="good"} 0',
    'foulweather_profile_reloads_total{profile="bad",result="failed"} 1',
    ...(await reloadsOfGood(rig)),
    'foulweather_halted 1',
    'foulweather_limits_crossed_total{proxy="pg",fault="a",limit="max_share"} 2',
    'foulweather_events_dropped_total 3',
    'foulweather_audit_dropped_total 4',
  ])
  control.resume({})
  expect(await linesOf(rig, counts)).toContain('foulweather_halted 0')
})

/** One for each event that says so. */
async function reloadsOfGood({ changes }: ControlRig): Promise<readonly string[]> {
  const count = changes.filter(({ action, profile }) => action === 'profile-reloaded' && profile === 'good').length
  return count === 0 ? [] : [`foulweather_profile_reloads_total{profile="good",result="ok"} ${count}`]
}

test('a profile whose text cannot be put in force shows it until it can', async () => {
  const problems: string[] = ['line 1: no']
  const control = {
    events: new EventEmitter(),
    safety: { halt: undefined },
    profiles: { list: () => [{ name: 'pg', problems }] },
  }
  const counts = createCounts({ control, dataPlane: { events: new EventEmitter<EngineEvents>(), workers: () => [] } })
  expect(counts().profiles).toEqual([{ name: 'pg', failed: true }])
  problems.pop()
  expect(counts().profiles).toEqual([{ name: 'pg', failed: false }])
})

test('names that anybody chooses are bounded, and every one is counted', () => {
  const events = new EventEmitter<EngineEvents>()
  const control = { events: new EventEmitter(), safety: { halt: undefined }, profiles: { list: () => [] } }
  const counts = createCounts({ control, dataPlane: { events, workers: () => [] } })
  const met = { limit: 'max_active', scope: 'fault', bound: 1, value: 2 } as const
  for (let n = 0; n < 3000; n++) events.emit('limit-crossed', { proxy: 'pg', fault: `f${n}`, ...met })
  for (let n = 0; n < 10; n++) events.emit('limit-crossed', { proxy: 'pg', fault: 'f7', ...met })
  const crossed = counts().limitsCrossed
  expect(crossed).toHaveLength(1001)
  expect(crossed.reduce((sum, { value }) => sum + value, 0)).toBe(3010)
  expect(crossed.find(({ labels }) => labels.fault === 'f7')?.value).toBe(11)
  expect(crossed.at(-1)).toEqual({ labels: { proxy: 'other', fault: 'other', limit: 'other' }, value: 2000 })
})
