import { expect, test } from 'vitest'
import { Descriptors } from '../../../src/engine/descriptors.ts'

test('the last descriptors are told of, once in ten seconds', () => {
  const descriptors = new Descriptors(256)
  expect(descriptors.given(251, 0)).toBeUndefined()
  expect(descriptors.given(252, 1)).toContain('256 are allowed')
  expect(descriptors.given(255, 9999)).toBeUndefined()
  expect(descriptors.given(254, 10_001)).toContain('file descriptors run out')
  expect(descriptors.given(30, 30_000)).toBeUndefined()
})

test('a handle without a descriptor is none of the last, and a process without a limit has no last', () => {
  expect(new Descriptors(256).given(-1, 0)).toBeUndefined()
  expect(new Descriptors(Infinity).given(2 ** 30, 0)).toBeUndefined()
})

test('this process has a limit that it does not reach with its first descriptors', () => {
  expect(new Descriptors().given(30, 0)).toBeUndefined()
})
