import { describe, expect, test } from 'vitest'
import { storm, type StormOptions } from '../../support/engine-rig-storm.ts'

const SECONDS = Number(process.env['STORM_SECONDS'] ?? 20)
const SEED = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000)

/**
 * The first promise of this project: while faults come, change and go under load, no byte is lost, doubled or reordered. Only faults that
 * keep all bytes take part. To repeat a run: STORM_SEED=… (the network does not repeat itself, the decisions do).
 */
describe(`50 checked streams each way (STORM_SEED=${SEED})`, () => {
  const base: StormOptions = {
    seed: SEED,
    seconds: SECONDS,
    sessions: 50,
    changes: 2000,
    stalls: false,
    acceptHandles: true,
  }

  const cases: readonly [title: string, options: StormOptions][] = [
    ['survive 2000 changes of faults', base],
    ['survive readers that stall, without a fault', { ...base, seconds: SECONDS / 2, changes: 0, stalls: true }],
    ['survive both together', { ...base, stalls: true }],
    [
      'survive both where accepted connections come as sockets',
      { ...base, seconds: SECONDS / 4, changes: 500, stalls: true, acceptHandles: false },
    ],
  ]

  test.each(cases)('%s', { timeout: SECONDS * 1000 + 120_000 }, async (_title, options) => {
    const { bytes, changes, crossed, problems } = await storm(options)
    expect(problems, `STORM_SEED=${SEED}`).toEqual([])
    expect(changes).toBe(options.changes)
    expect(crossed > 0).toBe(options.changes > 0)
    expect(bytes).toBeGreaterThan(1_000_000)
  })
})
