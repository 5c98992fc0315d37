import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { defineFault } from '../../../src/faults/define.ts'
import {
  RESERVED,
  describeFault,
  faultDefinition,
  FAULTS,
  nearestType,
  paramsToToxic,
  parseParams,
  faultFactory,
  toxicToParams,
} from '../../../src/faults/index.ts'
import { noop } from '../../../src/faults/noop.ts'
import { readParams } from '../../../src/faults/parse-params.ts'
import { PassThrough } from '../../../src/faults/pass-through.ts'
import { registry } from '../../../src/faults/registry.ts'

function errorOf(act: () => unknown): FoulweatherError {
  try {
    act()
  } catch (error) {
    if (error instanceof FoulweatherError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function known(type: string) {
  const definition = faultDefinition(type)
  if (definition === undefined) throw new Error(`no fault ${type}`)
  return definition
}

function plan(type: string): FaultPlan {
  return { name: 'x', type, direction: 'both', probability: 1, params: {}, owner: 'api', revision: 0, draw: 0 }
}

const OF_TOXIPROXY = ['bandwidth', 'latency', 'limit_data', 'noop', 'reset_peer', 'slicer', 'slow_close', 'timeout']

describe('the list', () => {
  test('has the toxics of Toxiproxy', () => {
    const toxics = FAULTS.filter(({ toxic }) => toxic !== undefined).map(({ type }) => type)
    expect(toxics).toEqual(expect.arrayContaining(OF_TOXIPROXY))
  })

  test('a mistake in it is refused at load', () => {
    const good = { ...noop, params: z.object({}), example: {} }
    const withParam = (name: string, description = 'what it is') =>
      defineFault({
        ...good,
        params: z.object({ [name]: z.number().describe(description) }),
        stage: () => new PassThrough(),
      })
    expect(() => registry([good, good])).toThrow('two faults are called noop')
    expect(() => registry([{ ...good, type: '' }])).toThrow('no type')
    expect(() => registry([{ ...good, type: 'Has Blanks' }])).toThrow('no type')
    expect(() => registry([{ ...good, summary: ' ' }])).toThrow('noop has no summary')
    expect(() => registry([{ ...good, details: '' }])).toThrow('noop has no details')
    expect(() => registry([withParam('undescribed', '')])).toThrow('noop.undescribed is not described')
    for (const field of RESERVED) expect(() => registry([withParam(field)])).toThrow(`noop.${field} shadows`)
    expect([...registry([good]).keys()]).toEqual(['noop'])
  })

  test('stages are made by type, and an unknown type in a plan is a bug of ours', () => {
    expect(faultFactory.effectOf(plan('limit_data'))).toBe('ending')
    expect(() => faultFactory.effectOf(plan('rain'))).toThrow('unknown fault type rain')
  })
})

describe('the nearest type', () => {
  test.each([
    ['latancy', 'latency'],
    ['LATENCY', 'latency'],
    ['slow', 'slow_close'],
    ['slow-close', 'slow_close'],
    ['resetpeer', 'reset_peer'],
    ['limit', 'limit_data'],
  ])('%s → %s', (text, type) => expect(nearestType(text)).toBe(type))
  test.each(['', 'x', 'completely different', 'l'.repeat(10_000)])('nothing is near %j', (text) => {
    expect(nearestType(text)).toBeUndefined()
  })
})

describe('parameters', () => {
  test('come out in base units, with defaults', () => {
    expect(parseParams('latency', { latency: '1.5s' })).toEqual({ latency: 1500, jitter: 0 })
    expect(parseParams('bandwidth', { rate: '8mbit' })).toMatchObject({ rate: 1_000_000 })
    expect(parseParams('slicer', { average_size: '1KiB', delay: '500us' })).toEqual({
      average_size: 1024,
      size_variation: 0,
      delay: 0.5,
    })
  })

  test('once validated are validated again without change', () => {
    const params = parseParams('slicer', { average_size: '1KiB', delay: '1us' })
    expect(parseParams('slicer', params)).toEqual(params)
  })

  test('an error names the field, the value and what would be right', () => {
    const error = errorOf(() => parseParams('latency', { latency: 'fast' }, 'faults[2]'))
    expect(error.code).toBe('invalid_value')
    expect(error.field).toBe('faults[2].latency')
    expect(error.value).toBe('fast')
    expect(error.message).toBe(
      'faults[2].latency: expected milliseconds or a duration such as "250ms", "1.5s", "5m", got "fast"',
    )
  })

  test('a missing one is named', () => {
    const error = errorOf(() => parseParams('bandwidth', {}))
    expect(error.code).toBe('missing_field')
    expect(error.message).toBe('rate is missing: expected bytes per second or a rate such as "20KB/s", "10mbit"')
  })

  test.each([
    ['latancy', 'latency'],
    ['probabilty', 'probability'],
  ])('an unknown key is refused, with the nearest known one: %s → %s', (key, guess) => {
    const error = errorOf(() => parseParams('latency', { [key]: 5 }))
    expect(error.code).toBe('invalid_value')
    expect(error.field).toBe(key)
    expect(error.message).toContain(`did you mean "${guess}"?`)
    expect(error.message).toContain('latency, jitter')
  })

  test('keys that every object inherits are unknown like any other', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect(errorOf(() => parseParams('latency', JSON.parse(`{"${key}": 5}`))).field).toBe(key)
    }
  })

  describe('inside a parameter', () => {
    test('are named by their path, with the value that is there', () => {
      const wave = { shape: 'sine', amplitude: '30ms', period: '1s' }
      const cases = [
        [{ wave: { ...wave, period: 'long' } }, 'wave.period', 'milliseconds or a duration', 'long'],
        [{ wave: { ...wave, period: 0 } }, 'wave.period', 'a duration above 0', 0],
        [{ wave: { ...wave, shape: 'round' } }, 'wave.shape', 'sine, square, saw, triangle', 'round'],
        [{ wave: 'sine' }, 'wave', 'an object with shape, amplitude and period', 'sine'],
        [{ table: { p50: 10, p99: 'slow' } }, 'table.p99', 'milliseconds or a duration', 'slow'],
        [{ table: { p50: 10, 'p99.9': true } }, 'table.p99.9', 'milliseconds or a duration', true],
        [{ table: { p50: 10, p101: 20 } }, 'table.p101', 'a percentile from p0 to p100', 'p101'],
        [{ table: { p50: 10, p99: 5 } }, 'table.p99', 'no less than p50, which is 10 ms', 5],
        [{ table: 7 }, 'table', 'percentiles such as', 7],
        [{ table: 'upper_bound,count\n10ms,x' }, 'table', 'line 2 to be an upper bound and a count', '10ms,x'],
      ] as const
      for (const [params, field, expected, value] of cases) {
        const error = errorOf(() => parseParams('latency', params, 'faults[2]'))
        expect(error.code).toBe('invalid_value')
        expect(error.field).toBe(`faults[2].${field}`)
        expect(error.expected).toContain(expected)
        expect(error.value).toBe(value)
        expect(error.message).toBe(`faults[2].${field}: expected ${error.expected}, got ${JSON.stringify(value)}`)
      }
    })

    test('missing ones are named', () => {
      const error = errorOf(() => parseParams('latency', { wave: { shape: 'saw', amplitude: 5 } }))
      expect(error.code).toBe('missing_field')
      expect(error.message).toBe(
        'wave.period is missing: expected milliseconds or a duration such as "250ms", "1.5s", "5m"',
      )
      expect(error.field).toBe('wave.period')
    })

    test('unknown keys are refused, with the nearest known one', () => {
      const wave = { shape: 'saw', amplitude: 5, period: 5, perriod: 6 }
      const error = errorOf(() => parseParams('latency', { wave }, 'faults[0]'))
      expect(error.code).toBe('invalid_value')
      expect(error.field).toBe('faults[0].wave.perriod')
      expect(error.value).toBe('perriod')
      expect(error.message).toBe(
        'faults[0].wave.perriod: wave has no such parameter; did you mean "period"? (it has: shape, amplitude, period)',
      )
    })
  })

  test('the words of a list are named where a kind leaves it to zod to say so', () => {
    const definition = defineFault({
      type: 'weather',
      layer: 'transport',
      effect: 'timing',
      summary: 'x',
      details: 'x',
      params: z.object({
        mood: z.enum(['fair', 'foul']).describe('x'),
        wet: z.boolean().describe('x'),
        layers: z.array(z.strictObject({ size: z.number().describe('x') })).describe('x'),
      }),
      example: {},
      stage: () => new PassThrough(),
    })
    const right = { mood: 'fair', wet: true, layers: [] }
    expect(errorOf(() => readParams(definition, { ...right, mood: 5 }, '')).message).toBe(
      'mood: expected one of "fair"|"foul", got 5',
    )
    expect(errorOf(() => readParams(definition, { ...right, wet: 'yes' }, '')).message).toBe(
      'wet: expected boolean, got "yes"',
    )
    expect(errorOf(() => readParams(definition, { ...right, layers: [{ size: 1 }, { size: '2' }] }, '')).message).toBe(
      'layers[1].size: expected number, got "2"',
    )
    expect(errorOf(() => readParams(definition, { mood: 'foul', layers: [] }, '')).message).toBe(
      'wet is missing: expected boolean',
    )
  })

  test('an unknown type is refused, with the nearest known one', () => {
    const error = errorOf(() => parseParams('latancy', {}))
    expect(error.code).toBe('invalid_fault_type')
    expect(error.message).toContain('did you mean "latency"?')
  })

  test('long and odd values are shown short', () => {
    expect(errorOf(() => parseParams('latency', { latency: 'x'.repeat(1000) })).message.length).toBeLessThan(200)
    expect(errorOf(() => parseParams('latency', { latency: 5n })).message).toContain('got a bigint')
    expect(errorOf(() => parseParams('latency', [])).message).toContain('an object with the parameters of latency')
  })
})

describe('as Toxiproxy’s clients see them', () => {
  test.each([
    ['latency', { latency: 100, jitter: 10 }, { latency: 100, jitter: 10 }],
    ['bandwidth', { rate: 20 }, { rate: 20_000 }],
    ['slow_close', { delay: 5 }, { delay: 5 }],
    ['timeout', { timeout: 5 }, { timeout: 5 }],
    ['reset_peer', { timeout: 5 }, { timeout: 5 }],
    [
      'slicer',
      { average_size: 10, size_variation: 2, delay: 1500 },
      { average_size: 10, size_variation: 2, delay: 1.5 },
    ],
    ['limit_data', { bytes: 5 }, { bytes: 5 }],
    ['noop', {}, {}],
  ])('%s: attributes and parameters say the same', (type, attributes, params) => {
    const definition = known(type)
    expect(toxicToParams(definition, attributes)).toMatchObject(params)
    expect(paramsToToxic(definition, params)).toEqual(attributes)
  })

  test('every attribute is 0 unless given, and null is not given', () => {
    for (const definition of OF_TOXIPROXY.map(known)) {
      const params = toxicToParams(definition, {})
      for (const value of Object.values(paramsToToxic(definition, params) ?? {})) expect(value).toBe(0)
    }
    expect(toxicToParams(known('latency'), { latency: null, jitter: 3 })).toEqual({ latency: 0, jitter: 3 })
  })

  test('names match in any letter case, the last wins, unknown ones are ignored', () => {
    expect(toxicToParams(known('latency'), { Latency: 1, LATENCY: 2, rain: 'heavy' })).toEqual({
      latency: 2,
      jitter: 0,
    })
  })

  test('an update keeps what it does not name, exactly', () => {
    const current = { latency: 0.25, jitter: 7 }
    expect(toxicToParams(known('latency'), { jitter: 9 }, current)).toEqual({ latency: 0.25, jitter: 9 })
  })

  test.each(['5', 1.5, true, {}, NaN])('%j is no integer', (value) => {
    const error = errorOf(() => toxicToParams(known('latency'), { latency: value }))
    expect(error.code).toBe('bad_request_body')
    expect(error.message).toMatch(/^bad request body: attribute latency: it must be an integer/)
  })

  test('odd values that Toxiproxy takes act as 0; a negative rate, which kills it, is refused', () => {
    const extreme = -(2 ** 63)
    for (const definition of FAULTS) {
      for (const attribute of definition.toxic ?? []) {
        const { name } = attribute
        const taken = attribute.refuse === undefined ? extreme : 0
        const params = toxicToParams(definition, { [name]: taken })
        expect(paramsToToxic(definition, params)?.[name]).toBe(0)
        expect(() => toxicToParams(definition, { [name]: 2 ** 63 })).not.toThrow()
      }
    }
    const error = errorOf(() => toxicToParams(known('bandwidth'), { rate: -1 }))
    expect(error.message).toBe(
      'bad request body: attribute rate: a rate cannot be negative; 0 lets nothing through, got -1',
    )
  })

  test('a slow line never shows as a cut one', () => {
    expect(paramsToToxic(known('bandwidth'), { rate: 100 })).toEqual({ rate: 1 })
    expect(paramsToToxic(known('bandwidth'), { rate: 0 })).toEqual({ rate: 0 })
  })
})

test('a fault type is described as plain data, with a schema that has units', () => {
  const description = describeFault(known('slicer'))
  expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  expect(description).toMatchObject({ type: 'slicer', layer: 'transport', effect: 'timing' })
  expect(description.toxic).toContainEqual({ name: 'delay', unit: 'µs' })
  expect(description.schema.properties?.['delay']).toMatchObject({ default: 0, unit: 'ms' })
  expect(description.schema.required).toEqual(['average_size'])
})

test('the parts of a parameter are described too', () => {
  const { schema } = describeFault(known('latency'))
  const { wave, table, distribution, correlation, handshake } = schema.properties ?? {}
  expect(wave).toMatchObject({
    type: 'object',
    required: ['shape', 'amplitude', 'period'],
    additionalProperties: false,
  })
  expect(wave).toHaveProperty('properties.period', expect.objectContaining({ unit: 'ms' }))
  expect(table).toHaveProperty('anyOf[1].additionalProperties', expect.objectContaining({ unit: 'ms' }))
  expect(distribution).toMatchObject({ enum: expect.arrayContaining(['uniform', 'paretonormal', 'table']) })
  expect(correlation).toMatchObject({ unit: '0…1' })
  expect(handshake).toMatchObject({ type: 'boolean' })
  expect(schema.required ?? []).toEqual([])
})
