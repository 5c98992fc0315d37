import { describe, expect, test } from 'vitest'
import { admit } from '../../../src/engine/admission.ts'
import { Doors } from '../../../src/engine/doors.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { begunAnew, fault } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'

const SHADOW = { shadow: true }

function counts(rig: RelayRig, name: string) {
  const found = rig.counters.data(0).faults[name]
  if (found === undefined) throw new Error(`no fault ${name}`)
  const { seen, selected, active, applied, shadowed, skipped, state } = found
  return { seen, selected, active, applied, shadowed, skipped, state }
}

describe('a fault that only counts', () => {
  test('does nothing to the bytes, and is decided upon, counted and put on record as if it did', () => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 100 }, SHADOW))
    rig.receive('a')
    expect([rig.lines, rig.chain.names]).toEqual([['"a" @ 0'], []])
    expect(counts(rig, 'latency')).toEqual({
      seen: 1,
      selected: 1,
      active: 1,
      applied: 0,
      shadowed: 1,
      skipped: {},
      state: 'working',
    })
    expect(rig.decisions.list()).toMatchObject([{ kind: 'session', selected: true, shadow: true }])
  })

  test('counts those alone that it would have hit', () => {
    const counted = Array.from({ length: 40 }, (_, index) => {
      const [shadow, real] = [true, false].map((isShadow) => {
        const rig = new RelayRig({ ordinal: index + 1 })
        rig.faults(fault('latency', { latency: 1 }, { probability: 0.5, shadow: isShadow }))
        return rig
      })
      if (shadow === undefined || real === undefined) return undefined
      expect(counts(shadow, 'latency')).toEqual({ ...counts(real, 'latency'), shadowed: real.chain.names.length })
      return real.chain.names.length
    })
    expect(new Set(counted)).toEqual(new Set([0, 1]))
  })

  test('counts chunks where it draws for each', () => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 100 }, { ...SHADOW, per: 'chunk', probability: 0.5 }))
    for (let chunk = 0; chunk < 100; chunk++) rig.receive('x')
    const chunks = rig.decisions.list().filter(({ kind }) => kind === 'chunk')
    expect(chunks).toHaveLength(100)
    expect(chunks.every(({ shadow }) => shadow === true)).toBe(true)
    expect(counts(rig, 'latency')).toMatchObject({
      shadowed: chunks.filter(({ selected }) => selected).length,
      applied: 0,
    })
    expect([rig.text, rig.relay.queue.empty, rig.chain.names]).toEqual(['x'.repeat(100), true, []])
  })

  test('holds to its own limits', () => {
    const limits = { limits: { maxActive: 1 }, ...SHADOW }
    const rig = new RelayRig()
    rig.faults(fault('latency', {}, { name: 'first', ...limits }))
    expect(counts(rig, 'first')).toMatchObject({ active: 1, shadowed: 1 })
  })

  test('neither ends a session when it goes, nor when it comes', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { ...SHADOW, onRemove: 'reset', existing: 'reset' }))
    rig.receive('a')
    rig.faults()
    rig.receive('b')
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 0'])
  })
})

describe('switched to counting alone', () => {
  test('lets go at once of what it held', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 1000 })
    rig.faults(slow)
    rig.receive('a')
    rig.receive('b', 100)
    rig.faults(begunAnew(slow, SHADOW))
    rig.clock.advance(1)
    rig.receive('c')
    expect(rig.lines).toEqual(['"a" @ 101', '"b" @ 101', '"c" @ 101'])
  })

  test('and back holds what comes from then on', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 }, SHADOW)
    rig.faults(slow)
    rig.receive('a')
    rig.faults(begunAnew(slow, { shadow: false }))
    rig.receive('b')
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 100'])
    expect(counts(rig, 'latency')).toMatchObject({ seen: 2, shadowed: 1, applied: 1, active: 1 })
  })

  // Its bytes are missing: they must not be followed by others.
  test.each([
    ['blackhole', 'reset @ 0 (injected: blackhole)'],
    ['timeout', 'destroy @ 0 (injected: timeout)'],
  ])('a %s ends sessions as if it were removed', (type, ending) => {
    const rig = new RelayRig()
    const hole = fault(type)
    rig.faults(hole)
    rig.receive('a')
    rig.faults(begunAnew(hole, SHADOW))
    expect(rig.lines).toEqual([ending])
  })

  test('passes what another fault holds by itself', () => {
    const rig = new RelayRig()
    const other = fault('latency', { latency: 100 }, { name: 'other' })
    const chunks = fault('latency', { latency: 50 }, { ...SHADOW, per: 'chunk' })
    rig.faults(other, chunks)
    rig.receive('a')
    rig.faults(other, begunAnew(chunks, { shadow: false }))
    rig.receive('b')
    rig.clock.advance(200)
    expect(rig.lines).toEqual(['"a" @ 150', '"b" @ 150'])
  })
})

describe('on connecting', () => {
  test('lets in whom it would not, and counts each once', () => {
    const rig = new RelayRig()
    rig.faultSet.update([fault('reject', {}, SHADOW), fault('tls_stall', {}, SHADOW)], 0)
    const acted = new WeakSet()
    const judge = () => admit(rig.faultSet.now, faultFactory, rig.selection, { at: 0, active: 0 }, acted)
    for (let times = 0; times < 2; times++) expect(judge()).toMatchObject({ wait: 0, dial: 0, instead: undefined })
    expect([counts(rig, 'reject'), counts(rig, 'tls_stall')]).toMatchObject([
      { seen: 1, selected: 1, shadowed: 1, applied: 0 },
      { seen: 1, selected: 1, shadowed: 1, applied: 0 },
    ])
  })

  test('of a bound on sessions, counts those for whom there would be no place', () => {
    const rig = new RelayRig()
    rig.faultSet.update([fault('max_sessions', { max: 2, beyond: 'queue' }, SHADOW)], 0)
    const doors = new Doors(rig.shared, 'db')
    doors.update(rig.faultSet.now)
    const judge = (active: number): void => {
      doors.look(0, active)
      doors.came()
      admit(rig.faultSet.now, faultFactory, rig.selection, { at: 0, active }, new WeakSet())
    }
    judge(1)
    expect(counts(rig, 'max_sessions').shadowed).toBe(0)
    judge(2)
    expect(counts(rig, 'max_sessions').shadowed).toBe(1)
  })
})

describe('a door', () => {
  test('stays open, and counts who comes while it would be shut', () => {
    const rig = new RelayRig()
    const doors = new Doors(rig.shared, 'db')
    const flap = fault('flap', { up: 100, down: 50 }, SHADOW)
    rig.faultSet.update([flap], 0)
    doors.update(rig.faultSet.now)
    const look = (at: number): unknown => {
      const { shutBy, ends } = doors.look(at, 3)
      doors.came()
      return [shutBy, ends, counts(rig, 'flap').shadowed]
    }
    expect([look(0), look(100), look(120), look(150)]).toEqual([
      [undefined, undefined, 0],
      [undefined, undefined, 1],
      [undefined, undefined, 2],
      [undefined, undefined, 2],
    ])
    expect(counts(rig, 'flap').applied).toBe(0)
    expect(rig.decisions.total).toBe(0)
  })

  test('that shuts in earnest does so with all that belongs to it', () => {
    const rig = new RelayRig()
    const doors = new Doors(rig.shared, 'db')
    const refuse = fault('refuse', { sessions: 'reset' }, SHADOW)
    rig.faultSet.update([refuse], 0)
    doors.update(rig.faultSet.now)
    doors.look(0, 0)
    rig.faultSet.update([begunAnew(refuse, { shadow: false })], 0)
    doors.update(rig.faultSet.now)
    expect(doors.look(1, 0)).toMatchObject({ shutBy: 'refuse', ends: { how: 'reset', fault: 'refuse' } })
    expect(counts(rig, 'refuse').applied).toBe(1)
    expect(rig.decisions.list()).toMatchObject([{ kind: 'injection', what: 'shut' }])
  })
})
