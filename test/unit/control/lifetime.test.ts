import { describe, expect, test } from 'vitest'
import { endedBy, lifetimeOf, renewed } from '../../../src/control/lifetime.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const clock = new ManualClock()
const of = (...args: [Parameters<typeof lifetimeOf>[0], Parameters<typeof lifetimeOf>[1]]) => {
  const lifetime = lifetimeOf(...args, clock)
  if (lifetime === undefined) return 'for ever'
  const { ttl, lease, until, ttlUntil } = lifetime
  return { ttl, lease, lasts: until - clock.now(), atMost: ttlUntil === undefined ? undefined : ttlUntil - clock.now() }
}

describe('how long something stays', () => {
  test.each([
    ['nothing is said', {}, {}, 'for ever'],
    ['a ttl', { ttl: 50 }, {}, { ttl: 50, lasts: 50, atMost: 50 }],
    ['a lease', { lease: 20 }, {}, { lease: 20, lasts: 20, atMost: undefined }],
    ['both: the earlier counts', { ttl: 50, lease: 20 }, {}, { ttl: 50, lease: 20, lasts: 20, atMost: 50 }],
    ['the default', {}, { defaultTtl: 30 }, { ttl: 30, lasts: 30, atMost: 30 }],
    ['a ttl of its own instead of the default', { ttl: 99 }, { defaultTtl: 30 }, { ttl: 99, lasts: 99, atMost: 99 }],
    ['a lease instead of the default', { lease: 20 }, { defaultTtl: 30 }, { lease: 20, lasts: 20, atMost: undefined }],
    ['the longest that there may be', {}, { maxTtl: 70 }, { ttl: 70, lasts: 70, atMost: 70 }],
    [
      'a lease, which may not be renewed for ever',
      { lease: 20 },
      { maxTtl: 70 },
      { ttl: 70, lease: 20, lasts: 20, atMost: 70 },
    ],
    ['a ttl, which is required', { ttl: 5 }, { requireTtl: true }, { ttl: 5, lasts: 5, atMost: 5 }],
    ['a lease, which will do', { lease: 5 }, { requireTtl: true }, { lease: 5, lasts: 5, atMost: undefined }],
    ['a default, which will do', {}, { requireTtl: true, defaultTtl: 9 }, { ttl: 9, lasts: 9, atMost: 9 }],
  ])('%s', (_, wanted, policy, expected) => {
    expect(of(wanted, policy)).toEqual(expected)
  })

  test.each([
    [
      { ttl: 71 },
      { maxTtl: 70 },
      { code: 'invalid_value', field: 'ttl', value: 71, expected: 'at most 70 ms (--max-ttl)' },
    ],
    [{ lease: 71 }, { maxTtl: 70 }, { code: 'invalid_value', field: 'lease' }],
    [{}, { requireTtl: true }, { code: 'ttl_required', field: 'ttl' }],
  ])('%j under %j is refused', (wanted, policy, error) => {
    expect(() => of(wanted, policy)).toThrow(expect.objectContaining(error))
  })
})

test('a lease is renewed, a ttl is not', () => {
  const first = lifetimeOf({ ttl: 100, lease: 30 }, {}, clock)
  clock.advance(20)
  const second = renewed(first, clock)
  expect(second?.until).toBe(clock.now() + 30)
  clock.advance(29)
  const third = renewed(second, clock)
  clock.advance(29)
  const last = renewed(third, clock)
  expect(last?.until).toBe(first?.ttlUntil)
  clock.advance(22)
  expect(last && endedBy(last, clock)).toBe('ttl')
  expect(renewed(lifetimeOf({ ttl: 5 }, {}, clock), clock)).toBeUndefined()
})
