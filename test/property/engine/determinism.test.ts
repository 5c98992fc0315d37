import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { Doors } from '../../../src/engine/doors.ts'
import { admit } from '../../../src/engine/admission.ts'
import type { FaultAtWork } from '../../../src/engine/fault-at-work.ts'
import { faultFactory, FAULTS } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'
import { arbitraryTraffic, type Traffic } from '../../support/traffic.ts'

/** What was decided and what came out, without the wall clock's part of it. */
interface Transcript {
  readonly lines: readonly string[]
  readonly decisions: readonly object[]
}

interface Session {
  readonly seed: number
  readonly ordinal: number
  readonly traffic: Traffic
}

function transcript(type: string, params: object, { seed, ordinal, traffic }: Session): Transcript {
  const rig = new RelayRig({ seed, ordinal })
  const definition = FAULTS.find((one) => one.type === type)
  const [direction = 'downstream'] = definition?.directions ?? ['downstream' as const]
  const per = definition?.per?.includes('chunk') === true ? { per: 'chunk' as const } : {}
  const other = fault('latency', { latency: 3, jitter: 2 }, { name: 'beside' })
  rig.faults(fault(type, params, { direction, probability: 0.6, ...per }), other)
  for (const { pause, size } of traffic.chunks) {
    rig.clock.advance(pause)
    if (!rig.over) rig.receive(Buffer.alloc(size, 'x'))
  }
  rig.clock.advance(100_000)
  const decisions = rig.decisions.list().map(({ time: _time, ...decision }) => decision)
  rig.relay.close()
  rig.chain.close()
  return { lines: rig.lines, decisions }
}

const ofSession = fc.record({ seed: fc.nat(), ordinal: fc.integer({ min: 1, max: 50 }), traffic: arbitraryTraffic })

const staged = FAULTS.filter((definition) => definition.stage !== undefined)

describe.each(staged.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
  test('same seed, plan and arrivals: same decisions and same bytes at the same times', () => {
    const cases = fc.property(arbitraryParams(definition), ofSession, (params, session) => {
      expect(transcript(type, params, session)).toEqual(transcript(type, params, session))
    })
    fc.assert(cases, { numRuns: 40 })
  })
})

const connecting = FAULTS.filter((definition) => definition.connect !== undefined)

describe.each(connecting.map((definition) => [definition.type, definition] as const))(
  '%s on connecting',
  (type, definition) => {
    test('same seed: same verdicts, also when it is asked again', () => {
      const cases = fc.property(arbitraryParams(definition), fc.nat(), fc.nat(20), (params, seed, active) => {
        const judged = Array.from({ length: 2 }, () => {
          const rig = new RelayRig({ seed })
          rig.faults(fault(type, params, { direction: 'both', probability: 0.6 }))
          const acted = new WeakSet<FaultAtWork>()
          const judge = () => admit(rig.faultSet.now, faultFactory, rig.selection, { at: 0, active }, acted)
          const first = judge()
          expect(judge()).toEqual(first)
          expect(rig.counters.ofFault(type).applied).toBeLessThanOrEqual(1)
          return first
        })
        expect(judged[1]).toEqual(judged[0])
      })
      fc.assert(cases, { numRuns: 40 })
    })
  },
)

const withDoor = FAULTS.filter((definition) => definition.door !== undefined)

describe.each(withDoor.map((definition) => [definition.type, definition] as const))(
  '%s at the door',
  (type, definition) => {
    test('same seed: shut at the same times, whoever asks in between', () => {
      const cases = fc.property(arbitraryParams(definition), fc.nat(), fc.nat(), (params, seed, askSeed) => {
        const pattern = (more: readonly number[]): readonly boolean[] => {
          const rig = new RelayRig({ seed })
          rig.faults(fault(type, params, { direction: 'both' }))
          const doors = new Doors(rig.shared, 'pg')
          doors.update(rig.faultSet.now)
          const times = [...Array.from({ length: 100 }, (_, index) => index * 17), ...more].toSorted((a, b) => a - b)
          return times.flatMap((at) => {
            const shut = doors.look(at, 3).shutBy !== undefined
            return more.includes(at) ? [] : [shut]
          })
        }
        const random = randomFor(askSeed)
        expect(pattern(Array.from({ length: 30 }, () => random.next() * 1700))).toEqual(pattern([]))
      })
      fc.assert(cases, { numRuns: 40 })
    })
  },
)
