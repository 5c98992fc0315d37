import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCorpus, saveInput, wordsOf } from '../../../fuzz/corpus.ts'
import { TARGETS, targetOf } from '../../../fuzz/targets/index.ts'

/** Of all inputs together. */
const LARGEST = 500_000

test.each(TARGETS.map(({ name }) => name))(
  'every input of the corpus of %s holds',
  async (name) => {
    const corpus = await readCorpus(name)
    expect(corpus.length).toBeGreaterThan(3)
    const open = await targetOf(name).open()
    const broken: string[] = []
    try {
      for (const { file, bytes } of corpus) {
        try {
          await open.run(bytes)
        } catch (error) {
          broken.push(`${file}: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
    } finally {
      await open.close?.()
    }
    expect(broken).toEqual([])
  },
  120_000,
)

test('the corpus is small enough to be carried about', async () => {
  const all = await Promise.all(TARGETS.map(({ name }) => readCorpus(name)))
  expect(all.flat().reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(LARGEST)
})

test('what is saved is read again, in the order of the names', async () => {
  const root = await mkdtemp(join(tmpdir(), 'corpus-'))
  try {
    expect(await readCorpus('none', root)).toEqual([])
    const input = Buffer.from([0, 255, 10])
    const found = await saveInput('some', 'found', input, root)
    const crash = await saveInput('some', 'crash', input, root)
    expect(await saveInput('some', 'crash', input, root)).toBe(crash)
    expect(await readCorpus('some', root)).toEqual([
      { file: crash, bytes: input },
      { file: found, bytes: input },
    ])
  } finally {
    await rm(root, { recursive: true })
  }
})

test('words of inputs are names, numbers and what stands between them, once each', () => {
  const words = wordsOf([Buffer.from('GET /a-b HTTP/1.1\r\nHost: a-b:80'), Buffer.from('\xff 80', 'latin1')])
  expect(words.map((word) => word.toString('latin1'))).toEqual([
    'GET',
    '/',
    'a-b',
    'HTTP',
    '1',
    '.',
    'Host',
    ':',
    '80',
    '\xff',
  ])
})
