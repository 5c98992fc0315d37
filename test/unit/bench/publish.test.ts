import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plotsOf } from '../../../bench/plots/index.ts'
import { BEGIN, END, publish, withBlock } from '../../../bench/report/publish.ts'
import { RESULTS } from './made-up-results.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foulweather-publish-'))
  mkdirSync(join(root, 'docs'))
  writeFileSync(join(root, 'README.md'), '# F\n\n## What it costs\n\nText.\n')
  writeFileSync(join(root, 'docs/benchmarks.md'), '# B\n\n## Results\n\nOlder.\n')
})
afterEach(() => rmSync(root, { recursive: true }))

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const plots = plotsOf(RESULTS)

test('pages get tables and pictures, and the pictures are there', () => {
  expect(publish(root, RESULTS, plots)).toEqual([
    'docs/images/bench-cpu-haproxy.svg',
    'docs/images/bench-throughput.svg',
    'docs/benchmarks.md',
    'README.md',
  ])
  const full = read('docs/benchmarks.md')
  expect(full).toContain(`## Results\n\n${BEGIN}\n\n### Benchmarks of ${RESULTS.date}\n`)
  expect(full).toContain('\n#### Targets\n')
  const short = read('README.md')
  expect(short).toContain('| bulk, download | CPU s/GB | haproxy | 0.63 (0.50–0.75) |')
  expect(short).not.toContain('Throughput')
  for (const [page, text] of [
    ['docs', full],
    ['.', short],
  ] as const) {
    const images = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, target = '']) => target)
    expect(images.length).toBeGreaterThan(0)
    expect(images.filter((image) => !existsSync(join(root, page, image)))).toEqual([])
  }
})

test('publishing again replaces what was published, and nothing else', () => {
  publish(root, RESULTS, plots)
  const before = [read('README.md'), read('docs/benchmarks.md')]
  publish(root, RESULTS, plots)
  expect([read('README.md'), read('docs/benchmarks.md')]).toEqual(before)
  publish(root, { ...RESULTS, date: '2027-01-01T00:00:00.000Z' }, plots)
  const full = read('docs/benchmarks.md')
  expect(full).toContain('2027-01-01')
  expect(full).not.toContain(RESULTS.date)
  expect(full.endsWith(`${END}\n\nOlder.\n`)).toBe(true)
})

test('pictures that are no longer drawn go, others stay', () => {
  publish(root, RESULTS, plots)
  writeFileSync(join(root, 'docs/images/logo.svg'), '')
  publish(root, RESULTS, plots.slice(0, 1))
  expect(existsSync(join(root, 'docs/images/bench-throughput.svg'))).toBe(false)
  expect(existsSync(join(root, 'docs/images/bench-cpu-haproxy.svg'))).toBe(true)
  expect(existsSync(join(root, 'docs/images/logo.svg'))).toBe(true)
})

test.each([
  ['failed', { failures: ['storm: session 3'] }],
  ['was interrupted', { interrupted: true }],
])('a run that %s is not published', (what, change) => {
  expect(() => publish(root, { ...RESULTS, ...change }, plots)).toThrow(`a run that ${what} is not published`)
  expect(existsSync(join(root, 'docs/images'))).toBe(false)
})

describe('markers', () => {
  const place = { file: 'p.md', heading: '## H' }

  test('go below the heading, or to the end where there is none', () => {
    expect(withBlock('a\n## H\nb\n', 'x', place)).toBe(`a\n## H\n\n${BEGIN}\n\nx\n\n${END}\nb\n`)
    expect(withBlock('a\n', 'x', place)).toBe(`a\n\n${BEGIN}\n\nx\n\n${END}\n`)
  })

  test.each([
    ['one', `a\n${BEGIN}\nb\n`],
    ['the other', `a\n${END}\n`],
    ['the wrong order', `${END}\n${BEGIN}\n`],
    ['two of one', `${BEGIN}\n${BEGIN}\n${END}\n`],
  ])('%s alone is an error that names the page', (_, text) => {
    expect(() => withBlock(text, 'x', place)).toThrow('p.md has to have one line')
  })

  test('an error in one page leaves the other as it was', () => {
    const before = read('docs/benchmarks.md')
    writeFileSync(join(root, 'README.md'), `${BEGIN}\n`)
    expect(() => publish(root, RESULTS, plots)).toThrow('README.md')
    expect(read('docs/benchmarks.md')).toBe(before)
  })
})
