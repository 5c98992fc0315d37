import { describe, expect, test } from 'vitest'
import { FoulweatherError } from '../../src/core/errors.ts'
import { workersFor } from '../../src/worker-count.ts'

describe('on Linux there are as many as were asked for', () => {
  test.each([
    [1, 8, 1],
    [4, 1, 4],
    [64, 2, 64],
    ['auto', 1, 1],
    ['auto', 12, 12],
    ['auto', 256, 64],
    ['auto', 0, 1],
  ] as const)('%s on %i cores: %i', (asked, cores, workers) => {
    expect(workersFor(asked, 'linux', cores)).toEqual({ workers })
  })
})

describe('elsewhere one serves, and it is said why', () => {
  test.each([
    [4, 'darwin', 'One worker serves, not 4: only Linux spreads the connections to one address over several threads'],
    [
      'auto',
      'win32',
      'One worker serves, not 8: only Linux spreads the connections to one address over several threads',
    ],
  ] as const)('%s on %s', (asked, platform, text) => {
    const { workers, because } = workersFor(asked, platform, 8)
    expect(workers).toBe(1)
    expect(because).toBe(`${text} (SO_REUSEPORT), and this is ${platform}`)
  })

  test.each([
    [1, 8],
    ['auto', 1],
  ] as const)('but nothing where one was asked for: %s on %i cores', (asked, cores) => {
    expect(workersFor(asked, 'darwin', cores)).toEqual({ workers: 1 })
  })
})

test.each([0, -1, 65, 1.5, NaN, Infinity])('%d workers there cannot be, on any system', (asked) => {
  for (const platform of ['linux', 'darwin'] as const) {
    let thrown: unknown
    try {
      workersFor(asked, platform, 4)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(FoulweatherError)
    expect(thrown).toMatchObject({
      code: 'invalid_value',
      message: `workers is ${asked}, expected a whole number of 1 to 64`,
      field: 'workers',
    })
  }
})
