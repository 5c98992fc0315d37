import { describe, expect, test } from 'vitest'
import { httpStorm } from '../../../support/http-storm.ts'

const SECONDS = Number(process.env['STORM_SECONDS'] ?? 6)
const SEED = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000)

/**
 * While faults on exchanges, bodies and connections come, change and go, every body arrives whole and unchanged, trailers included, and no exchange
 * is lost. Only faults that keep all bytes take part. To repeat a run: STORM_SEED=… (the network does not repeat itself, the decisions do).
 */
describe(`30 keep-alive clients (STORM_SEED=${SEED})`, () => {
  test.each([
    ['survive 600 changes of faults', { changes: 600, acceptHandles: true, seconds: SECONDS }],
    [
      'survive them where accepted connections come as sockets',
      { changes: 200, acceptHandles: false, seconds: SECONDS / 2 },
    ],
  ])('%s', { timeout: SECONDS * 1000 + 120_000 }, async (_title, options) => {
    const { exchanges, bytes, changes, problems } = await httpStorm({ seed: SEED, clients: 30, ...options })
    expect(problems, `STORM_SEED=${SEED}`).toEqual([])
    expect(changes).toBe(options.changes)
    expect(exchanges).toBeGreaterThan(50)
    expect(bytes).toBeGreaterThan(1_000_000)
  })
})
