import { EventEmitter } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAudit } from '../../../../src/observe/audit/audit.ts'
import type { Change } from '../../../../src/observe/events/change.ts'
import { createEventHub } from '../../../../src/observe/events/hub.ts'
import { silentLogger } from '../../../../src/observe/logger.ts'
import { ControlRig } from '../../../support/admin-rig.ts'
import { testCertificates } from '../../../support/test-certificates.ts'

const logger = silentLogger()

function rigOf(options: Partial<Parameters<typeof createAudit>[0]> = {}) {
  const events = new EventEmitter<{ changed: [Change] }>()
  const audit = createAudit({ control: { events }, logger, ...options })
  let revision = 0
  const change = (action: string, more: Partial<Change> = {}): void => {
    const time = '2026-01-31T12:00:00.000Z'
    events.emit('changed', { revision: ++revision, time, action, before: null, after: null, ...more })
  }
  const revisions = (...[filter]: Parameters<typeof audit.entries>): readonly unknown[] =>
    audit.entries(filter).map((entry) => (JSON.parse(entry) as Change).revision)
  return { audit, change, revisions, events }
}

test('an entry says who, what, when and why, and how it was before and after', () => {
  const { audit, change } = rigOf()
  change('fault-updated', {
    proxy: 'pg',
    fault: 'a',
    actor: 'al@1',
    reason: 'drill',
    before: { b: 1 },
    after: { b: 2 },
  })
  change('halted')
  expect(audit.entries()).toEqual([
    '{"revision":1,"time":"2026-01-31T12:00:00.000Z","action":"fault-updated","proxy":"pg","fault":"a","actor":"al@1","reason":"drill","before":{"b":1},"after":{"b":2}}',
    '{"revision":2,"time":"2026-01-31T12:00:00.000Z","action":"halted","before":null,"after":null}',
  ])
})

test('filters', () => {
  const { change, revisions } = rigOf()
  change('proxy-created', { proxy: 'pg', actor: 'alice@10.0.0.1:4711' })
  change('fault-added', { proxy: 'pg', fault: 'a', actor: '10.0.0.1:4712', after: { owner: 'profile:outage' } })
  change('fault-removed', { proxy: 'redis', fault: 'a', actor: 'bob@[::1]:9', before: { owner: 'profile:outage' } })
  change('profile-deactivated', { profile: 'outage' })
  expect(revisions({ since: 2 })).toEqual([3, 4])
  expect(revisions({ action: (name) => name.startsWith('fault-') })).toEqual([2, 3])
  expect(revisions({ proxy: 'pg' })).toEqual([1, 2])
  expect(revisions({ profile: 'outage' })).toEqual([2, 3, 4])
  expect(revisions({ actor: 'alice' })).toEqual([1])
  expect(revisions({ actor: '10.0.0.1' })).toEqual([1, 2])
  expect(revisions({ actor: '10.0.0.1:4712' })).toEqual([2])
  expect(revisions({ actor: 'bob@[::1]:9' })).toEqual([3])
  expect(revisions({ actor: '[::1]' })).toEqual([3])
  expect(revisions({ actor: 'ali' })).toEqual([])
  expect(revisions({ proxy: 'pg', since: 1, actor: 'alice' })).toEqual([])
})

test('the latest are kept, bounded in number and in size', () => {
  const few = rigOf({ kept: 3 })
  for (let n = 0; n < 10; n++) few.change('halted')
  expect(few.revisions()).toEqual([8, 9, 10])
  const large = rigOf({ kept: 100_000 })
  for (let n = 0; n < 1000; n++) large.change('halted', { reason: 'r'.repeat(15_000) })
  const characters = large.audit.entries().reduce((sum, entry) => sum + entry.length, 0)
  expect(characters).toBeGreaterThan(7.9 * 2 ** 20)
  expect(characters).toBeLessThanOrEqual(8 * 2 ** 20)
  expect(large.revisions().at(-1)).toBe(1000)
})

test('the file has every change whole, also what is cut in memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-audit-'))
  const path = join(folder, 'audit')
  const { audit, change, events } = rigOf({ file: { path } })
  const faults = Array.from({ length: 1000 }, (_, n) => ({ name: `fault ${n}` }))
  change('proxy-updated', { proxy: 'pg', before: { faults: [] }, after: { faults } })
  change('proxy-updated', { proxy: 'pg', after: { text: 'x'.repeat(2 ** 21) } })
  change('halted')
  await audit.close()
  change('resumed')
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  const entries = lines.map((line) => JSON.parse(line) as Change & { truncated?: boolean })
  expect(entries.map(({ revision, truncated }) => [revision, truncated])).toEqual([
    [1, undefined],
    [2, true],
    [3, undefined],
  ])
  expect(entries[0]?.after).toEqual({ faults })
  expect(JSON.parse(audit.entries()[0] ?? '')).toMatchObject({ revision: 1, truncated: true })
  expect([audit.dropped, events.listenerCount('changed')]).toEqual([0, 0])
  await rm(folder, { recursive: true })
})

test('a disk that is full holds no change up', async () => {
  const { audit, change, revisions } = rigOf({ file: { path: '/dev/full', queueBytes: 500, retryMs: 1 } })
  for (let n = 0; n < 100; n++) change('halted')
  expect(revisions()).toHaveLength(100)
  expect(audit.dropped).toBeGreaterThan(90)
  await audit.close()
  expect(audit.dropped).toBe(100)
})

test('what a control plane has done is there, and nothing of the keys of certificates', async () => {
  await using rig = new ControlRig()
  const { control, dataPlane } = rig
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-audit-'))
  const path = join(folder, 'audit')
  const audit = createAudit({ control, logger, file: { path } })
  const hub = createEventHub({ control, dataPlane })
  let told = ''
  hub.subscribe({}, undefined, { take: ({ frame }) => (told += frame.toString()), end: () => {} })
  const { one, other } = await testCertificates()
  const tls = { listen: { cert: one.cert, key: one.key } }
  await control.addProxy({ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1', tls }, { actor: 'me' })
  await control.patchProxy('pg', { tls: { listen: { cert: other.cert, key: other.key } } })
  await control.addFault('pg', { name: 'a', type: 'latency', latency: 1 }, { actor: 'me', reason: 'why' })
  await control.deleteProxy('pg')
  await audit.close()
  hub.close()
  const entries = audit.entries().map((entry) => JSON.parse(entry) as Change)
  expect(entries.map(({ action, actor, reason }) => [action, actor, reason])).toEqual([
    ['proxy-created', 'me', undefined],
    ['proxy-updated', undefined, undefined],
    ['fault-added', 'me', 'why'],
    ['proxy-deleted', undefined, undefined],
  ])
  const file = await readFile(path, 'utf8')
  for (const text of [audit.entries().join('\n'), file, told]) {
    expect(text).toContain('one.test')
    for (const { key } of [one, other]) for (const line of key.trim().split('\n')) expect(text).not.toContain(line)
  }
  await rm(folder, { recursive: true })
})
