import { describe, expect, test } from 'vitest'
import { describeFault, faultDefinition } from '../../../src/faults/index.ts'
import { ConnectionFault } from '../../support/connection-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const TYPES = ['reject', 'hang', 'accept_delay', 'connect_delay', 'connect_fail']

describe.each(TYPES)('%s', (type) => {
  const definition = faultDefinition(type)
  if (definition === undefined) throw new Error(`no fault ${type}`)

  test('is drawn once per connection, and knows neither a direction nor a stage nor a toxic', () => {
    expect(describeFault(definition)).toMatchObject({
      layer: 'connection',
      directions: ['both'],
      per: ['session'],
      toxic: null,
    })
    expect(definition).not.toHaveProperty('stage')
    expect(definition).not.toHaveProperty('door')
  })

  test('says the same again, however many sessions there are, and leaves counting to the engine', () => {
    const fault = new ConnectionFault(type)
    const verdict = fault.connect(definition.example, { at: 0, active: 0 })
    expect(verdict).toBeDefined()
    for (const active of [1, 7, 1000]) expect(fault.connect(definition.example, { at: 500, active })).toEqual(verdict)
    expect(fault.counters.applied).toBe(0)
    expect(fault.records).toEqual([])
  })
})

describe('what becomes of a new connection', () => {
  test.each([
    ['reject', {}, { wait: 0, instead: 'reset' }],
    ['reject', { after: '1.5s' }, { wait: 1500, instead: 'reset' }],
    ['hang', {}, { instead: 'hang' }],
    ['accept_delay', { delay: '2s' }, { wait: 2000 }],
    ['connect_delay', { delay: '2s' }, { dial: 2000 }],
    ['connect_fail', {}, { wait: 0, instead: 'close' }],
    ['connect_fail', { after: '3s', how: 'reset' }, { wait: 3000, instead: 'reset' }],
  ])('%s %j', (type, params, verdict) => {
    expect(new ConnectionFault(type).connect(params)).toEqual(verdict)
  })

  test.each(['accept_delay', 'connect_delay'])('%s of nothing lets it pass', (type) => {
    expect(new ConnectionFault(type).connect({ delay: 0 })).toBeUndefined()
  })
})

describe('jitter', () => {
  test.each([
    ['accept_delay', 'wait'],
    ['connect_delay', 'dial'],
  ] as const)('%s is that much shorter or longer, and never negative', (type, field) => {
    const params = { delay: 100, jitter: 50 }
    const drawn = (draw: number) => new ConnectionFault(type, () => new ManualRandom(draw))
    expect([0, 0.25, 0.5, 0.75].map((draw) => drawn(draw).connect(params)?.[field])).toEqual([50, 75, 100, 125])
    expect(drawn(0).connect({ delay: 100, jitter: 300 })).toBeUndefined()
    expect(drawn(0.75).connect({ delay: 100, jitter: 300 })?.[field]).toBe(250)
  })
})

describe('what is refused', () => {
  test.each([
    ['accept_delay', {}, 'delay is missing: expected milliseconds or a duration'],
    ['connect_delay', { delay: 'long' }, 'delay: expected milliseconds or a duration'],
    ['connect_fail', { how: 'hang' }, 'how: expected close or reset, got "hang"'],
    ['hang', { after: 5 }, 'hang has no such parameter'],
    ['reject', { after: -1 }, 'after: expected milliseconds or a duration'],
  ])('%s %j', (type, params, message) => {
    expect(() => new ConnectionFault(type).connect(params)).toThrow(message)
  })
})
