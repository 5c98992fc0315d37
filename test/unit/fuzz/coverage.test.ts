import { expect, test } from 'vitest'
import { Coverage } from '../../../fuzz/coverage.ts'
import { toy } from './toys.ts'

const root = new URL('../../../', import.meta.url).href

test('code is new once, block by block', async () => {
  const open = await toy('deep').open()
  using coverage = new Coverage(['test/unit/fuzz/toys.ts'], root)
  coverage.add(coverage.sample())
  const isNew = async (text: string): Promise<boolean> => {
    try {
      await open.run(Buffer.from(text))
    } catch {
      // That there is a mistake at the bottom is known.
    }
    const sample = coverage.sample()
    const found = coverage.isNew(sample)
    coverage.add(sample)
    expect(coverage.isNew(sample)).toBe(false)
    return found
  }
  const answers: boolean[] = []
  for (const text of ['aaaaa', 'bbbbb', 'd', 'dx', 'de', 'deep!', 'deep?', 'deep!!']) answers.push(await isNew(text))
  expect(answers).toEqual([true, false, true, false, true, true, true, false])
  expect(coverage.reached).toBeGreaterThan(100)
})

test('code of others does not count', async () => {
  const open = await toy('deep').open()
  using coverage = new Coverage(['src/'], root)
  await open.run(Buffer.from('de'))
  expect(coverage.isNew(coverage.sample())).toBe(false)
  expect(coverage.reached).toBe(0)
})
