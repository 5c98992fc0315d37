import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StateKills } from '../../support/state-kills.ts'

/** Each costs the start of a process; the other half is in the file beside this one, so that they run side by side. */
const KILLS = 100
const SEED = 2

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-kills-'))
})

afterEach(() => rm(directory, { recursive: true }))

test('a kill at any moment leaves the old state or the new one', { timeout: 600_000 }, async () => {
  const { early, advanced, acknowledged } = await new StateKills(join(directory, 'state.json'), SEED).run(KILLS)
  // Otherwise nothing would have been tested: kills during starts, states that are newer, and calls that were answered.
  expect(early).toBeGreaterThan(0)
  expect(advanced).toBeGreaterThan(KILLS / 5)
  expect(acknowledged).toBeGreaterThan(KILLS)
})
