import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { count, duration, frequency, probability, rate, size } from '../../../src/faults/params.ts'

interface Kind {
  readonly schema: z.ZodType
  readonly reads: readonly (readonly [given: number | string, value: number])[]
  readonly refuses: readonly unknown[]
  /** The beginning of what every refusal says. */
  readonly says?: string
}

const KINDS: Readonly<Record<string, Kind>> = {
  duration: {
    schema: duration(),
    reads: [
      [250, 250],
      [0, 0],
      ['250', 250],
      ['250ms', 250],
      ['1.5s', 1500],
      ['.5s', 500],
      ['800us', 0.8],
      ['800µs', 0.8],
      ['5m', 300_000],
      ['2h', 7_200_000],
      [' 10 MS ', 10],
    ],
    refuses: [
      -1,
      '-1ms',
      'fast',
      '',
      '10 parsecs',
      '1e3',
      '1.2.3s',
      '1s2ms',
      NaN,
      Infinity,
      1e300,
      null,
      true,
      [5],
      {},
    ],
  },
  size: {
    schema: size(),
    reads: [
      [1024, 1024],
      [0.6, 1],
      ['64KiB', 65_536],
      ['64kib', 65_536],
      ['1MB', 1_000_000],
      ['1.5KB', 1500],
      ['1GiB', 2 ** 30],
      ['12B', 12],
    ],
    refuses: [-1, '12 bytes', '1KB/s', '10mbit', undefined, NaN],
  },
  rate: {
    schema: rate(),
    reads: [
      [1000, 1000],
      ['20KB/s', 20_000],
      ['20KB', 20_000],
      ['1MiB/s', 2 ** 20],
      ['10mbit', 1_250_000],
      ['10Mbit/s', 1_250_000],
      ['1gbit', 125_000_000],
      ['8bit', 1],
    ],
    // A small b is a bit to some and a byte to others.
    refuses: [-1, '10Mb/s', '10mb', '10kb', '10Mbps', '10MBps', 'unlimited', Infinity],
  },
  frequency: {
    schema: frequency(),
    reads: [
      [200, 200],
      [0, 0],
      [0.5, 0.5],
      ['200', 200],
      ['200/s', 200],
      ['2.5 /S', 2.5],
      ['30/m', 0.5],
      ['9/h', 0.0025],
    ],
    refuses: [-1, '-1/s', '5/min', '5s', '5/', '/s', '5Hz', NaN, Infinity, null, undefined],
    says: 'expected times per second or a text such as "200/s"',
  },
  count: {
    schema: count('jobs', 1, 100),
    reads: [
      [1, 1],
      [100, 100],
    ],
    refuses: [0, 101, -1, 1.5, '5', NaN, Infinity, null, undefined],
    says: 'expected a whole number of jobs, 1 to 100',
  },
  probability: {
    schema: probability(),
    reads: [
      [0, 0],
      [0.3, 0.3],
      [1, 1],
      ['30%', 0.3],
      ['12.5%', 0.125],
      ['100%', 1],
    ],
    refuses: [-0.1, 1.1, '30', '101%', '-5%', '%', NaN, null],
  },
}

describe.each(Object.entries(KINDS))('%s', (_, { schema, reads, refuses, says }) => {
  test.each(reads)('reads %j as %d', (given, value) => expect(schema.parse(given)).toBeCloseTo(value, 9))

  test.each(refuses.map((given) => [given]))('refuses %j and says what would be right', (given) => {
    const { error } = schema.safeParse(given)
    expect(error?.issues).toHaveLength(1)
    expect(error?.issues[0]?.message).toMatch(says === undefined ? /^expected .*"/ : new RegExp(`^${says}`))
  })
})

test('a unit for plain numbers, and what is accepted, are part of the description', () => {
  expect(z.toJSONSchema(frequency(), { io: 'input' })).toMatchObject({ unit: '/s' })
  expect(z.toJSONSchema(count('jobs', 1, 100), { io: 'input' })).toMatchObject({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    unit: 'count',
    accepts: 'a whole number of jobs, 1 to 100',
  })
})
