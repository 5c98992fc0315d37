import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { FAULTS, parseParams, toxicToParams } from '../../../src/faults/index.ts'
import { duration, rate, size } from '../../../src/faults/params.ts'

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
})
const keys = [...new Set(FAULTS.flatMap(({ params }) => Object.keys(params.shape)))]

/** Objects that look like parameters, with something in place of some values. */
const nearlyParams = fc.dictionary(
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: fc.string() }),
  fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constantFrom('10ms', '1KiB', '20KB/s'), anything),
  { maxKeys: 3 },
)

/** `undefined`: refused as the user's mistake. Anything else that is thrown is ours. */
function orRefused<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof FoulweatherError && error.message !== '') return undefined
    throw error
  }
}

/** A finite number, 0 or more; a word; a switch; an object of such; or what is not given. */
function isUsable(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isUsable)
  return typeof value === 'string' || typeof value === 'boolean'
}

test('whatever is given for parameters is taken as usable values or refused as the user’s mistake', () => {
  const types = fc.constantFrom(...FAULTS.map(({ type }) => type))
  const cases = fc.property(types, fc.oneof(anything, nearlyParams), (type, input) => {
    const params = orRefused(() => parseParams(type, input))
    expect(Object.values(params ?? {}).filter((value) => !isUsable(value))).toEqual([])
    const again = params === undefined ? undefined : parseParams(type, params)
    expect(again).toEqual(params)
  })
  fc.assert(cases, { numRuns: 2000 })
})

test('whatever is given for a type is a type or refused', () => {
  const cases = fc.property(fc.string(), anything, (type, input) => {
    expect(() => orRefused(() => parseParams(type, input))).not.toThrow()
  })
  fc.assert(cases)
})

test('whatever is given for attributes of a toxic is taken or refused', () => {
  const attributes = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.maxSafeInteger(), anything), { maxKeys: 3 })
  const cases = fc.property(fc.constantFrom(...FAULTS), attributes, (definition, given) => {
    expect(() => orRefused(() => toxicToParams(definition, given))).not.toThrow()
  })
  fc.assert(cases, { numRuns: 1000 })
})

test('a number with a unit is that many units, in any letter case that means the same', () => {
  const kinds = fc.constantFrom(
    { schema: duration(), unit: 's', factor: 1000 },
    { schema: duration(), unit: 'US', factor: 0.001 },
    { schema: duration(), unit: 'm', factor: 60_000 },
    { schema: size(), unit: 'KiB', factor: 1024 },
    { schema: size(), unit: 'mb', factor: 1_000_000 },
    { schema: rate(), unit: 'KB/s', factor: 1000 },
    { schema: rate(), unit: 'Kbit', factor: 125 },
  )
  const cases = fc.property(
    kinds,
    fc.nat(1_000_000),
    fc.constantFrom('', ' '),
    ({ schema, unit, factor }, number, blank) => {
      expect(schema.parse(`${number}${blank}${unit}`)).toBeCloseTo(number * factor, 6)
    },
  )
  fc.assert(cases)
})
