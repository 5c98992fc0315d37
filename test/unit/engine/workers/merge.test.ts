import { describe, expect, test } from 'vitest'
import type { FaultSnapshot, ProxySnapshot, Snapshot } from '../../../../src/engine/data-plane.ts'
import { departed, forgetOldest, NOTHING } from '../../../../src/engine/workers/departed.ts'
import { mergeSnapshots } from '../../../../src/engine/workers/merge.ts'

function snapshot(...proxies: readonly ProxySnapshot[]): Snapshot {
  return {
    proxies,
    decisions: { total: 10, kept: 5 },
    held: { bytes: 100, limit: 1000, perSessionLimit: 500, stalls: 2 },
    lateness: { bounds: [1, 2], counts: [1, 2, 3], sum: 12 },
  }
}

function proxy(name: string, more: Partial<ProxySnapshot> = {}): ProxySnapshot {
  const bytes = { upstream: { received: 1, sent: 2 }, downstream: { received: 3, sent: 4 } }
  return {
    name,
    listen: '127.0.0.1:5',
    upstream: 'db:5432',
    running: true,
    sessions: { total: 5, active: 2, endings: { 'client:closed': 3 } },
    bytes,
    places: [{ listen: '127.0.0.1:5', upstream: 'db:5432', bytes }],
    faults: {},
    connect: { bounds: [1], counts: [4, 1], sum: 3 },
    ...more,
  }
}

const counts = { seen: 4, selected: 3, applied: 2, shadowed: 1, skipped: { draw: 1 } }
const working: FaultSnapshot = { ...counts, own: counts, active: 2, ramped: { latency: 5 }, state: 'working' }

describe('taken together', () => {
  test('everything that is counted adds up', () => {
    const merged = mergeSnapshots([
      snapshot(proxy('a'), proxy('b')),
      snapshot(proxy('a', { sessions: { total: 7, active: 1, endings: { 'client:closed': 2, 'proxy:killed': 4 } } })),
    ])
    expect(merged.proxies.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(merged.proxies[0]).toEqual(
      proxy('a', {
        sessions: { total: 12, active: 3, endings: { 'client:closed': 5, 'proxy:killed': 4 } },
        bytes: { upstream: { received: 2, sent: 4 }, downstream: { received: 6, sent: 8 } },
        places: [
          {
            listen: '127.0.0.1:5',
            upstream: 'db:5432',
            bytes: { upstream: { received: 2, sent: 4 }, downstream: { received: 6, sent: 8 } },
          },
        ],
        connect: { bounds: [1], counts: [8, 2], sum: 6 },
      }),
    )
    expect(merged.held).toEqual({ bytes: 200, limit: 1000, perSessionLimit: 500, stalls: 4 })
    expect(merged.lateness).toEqual({ bounds: [1, 2], counts: [2, 4, 6], sum: 24 })
  })

  test('what all of them count together is not added up', () => {
    const late = { ...snapshot(), decisions: { total: 12, kept: 5 } }
    expect(mergeSnapshots([snapshot(), late]).decisions).toEqual({ total: 12, kept: 5 })
  })

  test('a proxy that one of them alone serves is where that one has it', () => {
    const elsewhere = proxy('a', { running: false, listen: 'unix:/tmp/other' })
    expect(mergeSnapshots([snapshot(elsewhere), snapshot(proxy('a'))]).proxies[0]).toMatchObject({
      running: true,
      listen: '127.0.0.1:5',
    })
  })

  test('a fault that one of them has seen disarmed is disarmed', () => {
    const disarmed = { limit: 'max_share', scope: 'fault', bound: 0.5, value: 0.6, at: '2026-01-01T00:00:00Z' } as const
    const met: FaultSnapshot = { ...working, active: 0, state: 'disarmed', disarmed }
    const merged = mergeSnapshots([
      snapshot(proxy('a', { faults: { f: working } })),
      snapshot(proxy('a', { faults: { f: met, g: working } })),
    ])
    expect(merged.proxies[0]?.faults).toEqual({
      f: {
        seen: 8,
        selected: 6,
        applied: 4,
        shadowed: 2,
        skipped: { draw: 2 },
        own: { seen: 8, selected: 6, applied: 4, shadowed: 2, skipped: { draw: 2 } },
        active: 2,
        ramped: { latency: 5 },
        state: 'disarmed',
        disarmed,
      },
      g: working,
    })
  })
})

const endingsOf = (one: Snapshot) => one.proxies.map(({ sessions }) => sessions)

describe('a thread that died', () => {
  test('leaves what it had counted; its sessions have ended', () => {
    const left = departed(snapshot(proxy('a', { faults: { f: working } })), { live: new Map([['a', 2]]) })
    expect(left.proxies[0]).toMatchObject({
      running: false,
      sessions: { total: 5, active: 0, endings: { 'client:closed': 3, 'proxy:worker_died': 2 } },
      faults: { f: { seen: 4, active: 0, state: 'gone' } },
    })
    expect(left.held.bytes).toBe(0)
  })

  test.for([
    ['came', 4, { total: 7, active: 0, endings: { 'client:closed': 3, 'proxy:worker_died': 4 } }],
    ['ended', 0, { total: 5, active: 0, endings: { 'client:closed': 3, 'proxy:worker_died': 2 } }],
  ] as const)('every session has ended, also of those that %s since it was last asked', ([, live, expected]) => {
    expect(endingsOf(departed(snapshot(proxy('a')), { live: new Map([['a', live]]) }))).toEqual([expected])
  })

  test('that has never been asked leaves its sessions, and does not take the bounds of histograms away', () => {
    const left = departed(NOTHING, { live: new Map([['a', 3]]) })
    expect(endingsOf(left)).toEqual([{ total: 3, active: 0, endings: { 'proxy:worker_died': 3 } }])
    const merged = mergeSnapshots([left, snapshot(proxy('a'))])
    expect(merged.proxies[0]).toMatchObject({
      listen: '127.0.0.1:5',
      running: true,
      connect: { bounds: [1], counts: [4, 1], sum: 3 },
    })
    expect(merged.held.limit).toBe(1000)
  })
})

describe('a limit that was met in a thread that is no more', () => {
  const at = '2026-01-31T12:00:00.000Z'
  const disarmed = { limit: 'max_share', scope: 'fault', bound: 0.5, value: 0.6, at } as const
  const off: FaultSnapshot = { ...working, active: 0, state: 'disarmed' }
  const gone = departed(snapshot(proxy('a', { faults: { late: { ...off, disarmed } } })), { live: new Map() })
  const merged = (now: FaultSnapshot) => mergeSnapshots([snapshot(proxy('a', { faults: { late: now } })), gone])
  test('is known as long as it keeps the fault from working', () => {
    expect(merged(off).proxies[0]?.faults['late']).toMatchObject({ state: 'disarmed', disarmed })
  })

  test('and not when the fault works again, or has met another', () => {
    expect(merged(working).proxies[0]?.faults['late']).toMatchObject({ state: 'working' })
    expect(merged(working).proxies[0]?.faults['late']).not.toHaveProperty('disarmed')
    const other = { ...disarmed, limit: 'max_added_delay', value: 7 } as const
    expect(merged({ ...off, disarmed: other }).proxies[0]?.faults['late']).toMatchObject({ disarmed: other })
  })
})

test('of proxies that are deleted, the latest are remembered, and of those in force all', () => {
  const names = Array.from({ length: 1500 }, (_, n) => `p${n}`)
  const left = forgetOldest(snapshot(...names.map((name) => proxy(name))), (name) => name === 'p3')
  expect(left.proxies.map(({ name }) => name)).toEqual(['p3', ...names.slice(1500 - 1024)])
})
