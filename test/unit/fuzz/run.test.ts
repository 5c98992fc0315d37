import { expect, test } from 'vitest'
import { runInput, runTarget } from '../../../fuzz/run.ts'
import { toy } from './toys.ts'

const worker = new URL('./toy-worker.ts', import.meta.url)
const bounds = { worker, cpuMs: 300, waitMs: 20_000, heap: 64 }
const SEEDS = [{ file: 'seed', bytes: Buffer.from('aaaaa') }]
/** Far more than is needed: what ends a run is what it finds, or the number of inputs. */
const LONG = { seed: 5, seconds: 600, bounds }

test('what was run leads it step by step to where nothing else would, and what it finds is cut down to that', async () => {
  const { finding, found, reached, first } = await runTarget(toy('deep'), SEEDS, { ...LONG, runs: 2_000_000 })
  expect(finding?.error).toMatch(/^RangeError: the bottom is reached/)
  expect(finding?.input.toString()).toBe('deep!')
  // One for each step on the way, at most.
  expect(found.length).toBeGreaterThanOrEqual(1)
  expect(found.length).toBeLessThanOrEqual(5)
  expect(reached).toBeGreaterThan(first)
}, 300_000)

test('the same seed makes the same inputs, and another one others', async () => {
  const runs = 6000
  const found = async (seed: number) => {
    const result = await runTarget(toy('deep'), SEEDS, { ...LONG, seed, runs })
    return {
      runs: result.runs,
      found: result.found.map((bytes) => Buffer.from(bytes).toString('latin1')),
      finding: result.finding?.input,
    }
  }
  const one = await found(1)
  expect(await found(1)).toEqual(one)
  expect(await found(2)).not.toEqual(one)
}, 300_000)

test('where there is nothing to find, it ends with the number of inputs', async () => {
  const { finding, runs, suspected } = await runTarget(toy('harmless'), [], { ...LONG, runs: 1000 })
  expect(finding).toBeUndefined()
  expect(suspected).toBe(0)
  expect(runs).toBeGreaterThanOrEqual(1000)
  expect(runs).toBeLessThan(1000 + 3 * 128)
}, 120_000)

test.each([
  ['endless', 'it takes more than 300 ms of the processor'],
  ['hungry', 'heap out of memory'],
  ['later', 'RangeError: where nobody looks'],
  ['waiting', 'it waits for what never comes'],
])(
  'an input that is %s is a finding, and the process goes on',
  async (name, error) => {
    const { finding } = await runTarget(toy(name), SEEDS, {
      ...LONG,
      bounds: { ...bounds, cpuMs: name === 'hungry' ? 60_000 : 300 },
    })
    expect(finding?.error).toContain(error)
    expect(finding?.input.toString()).toContain('x')
  },
  120_000,
)

test('one that waits and keeps the thread alive is a finding', async () => {
  const { finding } = await runTarget(toy('idle'), SEEDS, { ...LONG, bounds: { ...bounds, waitMs: 500 } })
  expect(finding?.error).toBe('it has no end within 500 ms')
  expect(finding?.input.toString()).toContain('x')
}, 120_000)

test('one input is run by itself', async () => {
  expect(await runInput('deep', Buffer.from('deep'), bounds)).toBeUndefined()
  expect(await runInput('deep', Buffer.from('deep! and more'), bounds)).toMatch(/^RangeError: the bottom is reached/)
  expect(await runInput('endless', Buffer.from('x'), bounds)).toBe('it takes more than 300 ms of the processor')
}, 120_000)
