import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeRun } from '../../../bench/main-files.ts'
import { newestResults, readResults, ResultsError } from '../../../bench/results-file.ts'
import { RESULTS } from './made-up-results.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foulweather-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function file(text: string, name = 'results.json'): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const json = (value: unknown, name?: string): string => file(JSON.stringify(value), name)

test('what a run writes is read again, whole', () => {
  const [written = '', markdown = '', ...plots] = writeRun(folder, RESULTS)
  expect(readResults(written)).toEqual(RESULTS)
  expect(markdown).toBe(join(folder, '2026-01-02T03-04-05.md'))
  expect(plots).toEqual([
    join(folder, '2026-01-02T03-04-05-cpu-haproxy.svg'),
    join(folder, '2026-01-02T03-04-05-throughput.svg'),
  ])
})

test('a file of an older or a newer version is refused with what to do', () => {
  const { schema: _, ...older } = RESULTS
  expect(() => readResults(json(older))).toThrow(/results of schema 1, and this version reads schema 2: measure again/)
  expect(() => readResults(json({ ...RESULTS, schema: 3 }))).toThrow(/schema 3.*the version that wrote it/)
})

test.each([
  ['no JSON', 'x', 'cannot be read'],
  ['other JSON', '{"a":1}', 'is no results file'],
  ['a list', '[]', 'is no results file'],
  ['null', 'null', 'is no results file'],
  ['a schema of something else', '{"schema":"https://example.org"}', 'is no results file'],
])('%s is refused by the name of the file', (_, text, message) => {
  const name = file(text)
  expect(() => readResults(name)).toThrow(ResultsError)
  expect(() => readResults(name)).toThrow(`${name} ${message}`)
})

test('a file that is not there is refused', () => {
  expect(() => readResults(join(folder, 'absent.json'))).toThrow(/absent\.json cannot be read: ENOENT/)
})

test('damage is told by its place', () => {
  const [first, ...rest] = RESULTS.samples
  const samples = [first, { ...rest[0], metrics: { cpu: null } }]
  expect(() => readResults(json({ ...RESULTS, samples }))).toThrow(/is damaged: samples\.1\.metrics\.cpu: /)
})

test('the newest results are those of the last name that can be read and are like what is looked for', () => {
  json({ ...RESULTS, date: '2026-01-01T00:00:00.000Z' }, '2026-01-01.json')
  json({ ...RESULTS, date: '2026-01-02T00:00:00.000Z' }, '2026-01-02.json')
  json({ ...RESULTS, interrupted: true }, '2026-01-03.json')
  file('x', '2026-01-04.json')
  expect(newestResults(folder, ({ interrupted }) => !interrupted)?.date).toBe('2026-01-02T00:00:00.000Z')
  expect(newestResults(folder, () => false)).toBeUndefined()
  expect(newestResults(join(folder, 'absent'), () => true)).toBeUndefined()
})
