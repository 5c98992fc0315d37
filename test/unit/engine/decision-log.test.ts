import { expect, test } from 'vitest'
import { DecisionLog, type NewDecision } from '../../../src/engine/decision-log.ts'
import { createReplay } from '../../../src/engine/replay.ts'

function decision(fault: string, more: Partial<NewDecision> = {}): NewDecision {
  return { proxy: 'pg', fault, type: 'latency', kind: 'session', session: '1', ordinal: 1, selected: true, ...more }
}

test('the newest decisions are kept, oldest first, and counted on', () => {
  const log = new DecisionLog(42, 3)
  for (const name of ['a', 'b', 'c', 'd', 'e']) log.add(decision(name))
  expect(log.list().map(({ seq, seed, fault }) => [seq, seed, fault])).toEqual([
    [3, 42, 'c'],
    [4, 42, 'd'],
    [5, 42, 'e'],
  ])
  expect(log.total).toBe(5)
  log.add(decision('f'))
  expect(log.list({ after: 4 }).map(({ fault }) => fault)).toEqual(['e', 'f'])
})

test('a log of none keeps none', () => {
  const log = new DecisionLog(42, 0)
  log.add(decision('a'))
  expect([log.total, log.list()]).toEqual([1, []])
})

test('filters by proxy, fault and session', () => {
  const log = new DecisionLog(1, 10)
  log.add(decision('a'))
  log.add(decision('b', { session: '2' }))
  log.add(decision('a', { proxy: 'redis' }))
  expect(log.list({ proxy: 'redis' }).map(({ seq }) => seq)).toEqual([3])
  expect(log.list({ fault: 'a' }).map(({ seq }) => seq)).toEqual([1, 3])
  expect(log.list({ fault: 'a', proxy: 'pg' }).map(({ seq }) => seq)).toEqual([1])
  expect(log.list({ session: '2' }).map(({ seq }) => seq)).toEqual([2])
})

test('a replay knows what was decided, by proxy, ordinal and fault; the last of several counts', () => {
  const log = new DecisionLog(1, 10)
  log.add(decision('a', { selected: false, reason: 'draw' }))
  log.add(decision('a', { ordinal: 2, selected: false, reason: 'draw' }))
  log.add(decision('a', { ordinal: 2 }))
  log.add(decision('a', { kind: 'chunk', direction: 'upstream', chunk: 7, selected: false }))
  log.add(decision('a', { kind: 'exchange', exchange: 2, selected: false, reason: 'draw' }))
  log.add(decision('a', { kind: 'exchange', exchange: 3 }))
  log.add({ ...decision('a', { ordinal: 3, kind: 'injection', what: 'stall' }) })
  const replay = createReplay(log.list())
  expect(replay.session('pg', 1, 'a')).toBe(false)
  expect(replay.session('pg', 2, 'a')).toBe(true)
  expect(replay.session('pg', 3, 'a')).toBeUndefined()
  expect(replay.session('pg', 1, 'b')).toBeUndefined()
  expect(replay.session('redis', 1, 'a')).toBeUndefined()
  expect(replay.chunk('pg', 1, 'a', 'upstream', 7)).toBe(false)
  expect(replay.chunk('pg', 1, 'a', 'downstream', 7)).toBeUndefined()
  expect(replay.chunk('pg', 1, 'a', 'upstream', 8)).toBeUndefined()
  expect([1, 2, 3].map((exchange) => replay.exchange('pg', 1, 'a', exchange))).toEqual([undefined, false, true])
  expect(replay.exchange('pg', 2, 'a', 3)).toBeUndefined()
  expect(replay.exchange('pg', 1, 'b', 3)).toBeUndefined()
})
