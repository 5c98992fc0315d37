import { expect, test } from 'vitest'
import { report } from '../../../bench/report.ts'
import type { Results } from '../../../bench/results.ts'
import { BULK, download, RESULTS, rounds } from './made-up-results.ts'

const linesOf = (results: Results): readonly string[] => report(results).split('\n')

/** The lines of one section, by its heading. */
function section(results: Results, title: string): readonly string[] {
  const lines = linesOf(results)
  const begin = lines.indexOf(title)
  expect(lines).toContain(title)
  const length = lines.slice(begin + 1).findIndex((line) => line.startsWith('## '))
  return length === -1 ? lines.slice(begin + 1) : lines.slice(begin + 1, begin + 1 + length)
}

test('the heading says where and what, with the versions of all that was found', () => {
  const text = report({ ...RESULTS, failures: ['storm: session 3'] })
  expect(text).toContain('A CPU, 2 cores, 8 GiB, Linux 6.1, load before 0.3. Node 26.0.0; commit abc123; quick run')
  expect(text).toContain('Versions: foulweather 1.0.0; haproxy, haproxy-http 2.9.\n')
  expect(text).toContain('**FAILED: storm: session 3**')
  expect(text).not.toContain('Warning')
})

test('changes that were not committed are told', () => {
  const text = report({ ...RESULTS, commit: { hash: 'abc123', dirty: true } })
  expect(text).toContain('commit abc123 with changes that were not committed')
})

test('ratios come first, then targets, then each case, then the rivals', () => {
  const headings = linesOf(RESULTS).filter((line) => line.startsWith('#'))
  expect(headings).toEqual([`# Benchmarks of ${RESULTS.date}`, '## Ratios', '## Targets', '## bulk', '## Rivals'])
  expect(section(RESULTS, '## Ratios')).toContain('| bulk, download | CPU s/GB | haproxy | 0.63 (0.50–0.75) | – |')
})

test('in the ratios the others stand beside Foulweather', () => {
  const samples = [
    ...RESULTS.samples,
    ...download('pipe', { cpu: 0.8 }, { cpu: 1 }),
    ...download('nginx', { cpu: 0.4 }),
  ]
  expect(section({ ...RESULTS, samples }, '## Ratios')).toContain(
    '| bulk, download | CPU s/GB | haproxy | 0.63 (0.50–0.75) | pipe 2.25 · nginx 1.00 |',
  )
})

test('a case has ratios, then medians with their spread, then memory, then what has to be known', () => {
  expect(section(RESULTS, '## bulk').filter((line) => line !== '')).toEqual([
    'Bytes.',
    '| variant | rival | CPU s/GB ÷ haproxy | CPU s/GB | GB/s | peak RSS, MB |',
    '| --- | --- | --- | --- | --- | --- |',
    '| download | foulweather | 0.63 (0.50–0.75) | 0.25 (0.20–0.30) | 1.0 | 90 |',
    '| download | haproxy | 1.00 | 0.40 | 1.0 | 15 |',
    '| download | direct | – | – | 3.0 | – |',
    '- something to know',
  ])
})

test('targets are marked, and nothing that was not measured is called met or missed', () => {
  expect(section(RESULTS, '## Targets')).toEqual(
    expect.arrayContaining([
      '| met | ≤ 1 × | 0.988 × | ✓ met |',
      '| missed | ≤ 1 × | 1.5 × | ✗ missed |',
      '| absent | ≤ 1 × | – | not measured |',
    ]),
  )
})

test('what would break a table is escaped', () => {
  expect(report(RESULTS)).toContain('| toxiproxy | – | not found: a\\|b | – |')
})

test('a case may be compared with another rival', () => {
  const text = report({ ...RESULTS, cases: [{ ...BULK, yardstick: 'foulweather' }] })
  expect(text).toContain('| CPU s/GB ÷ foulweather |')
  expect(text).toContain('| download | haproxy | 1.67 (1.33–2.00) | 0.40 | 1.0 | 15 |')
})

test('a verdict is ok only when every round is', () => {
  const metrics = [{ key: 'ok', label: 'within', digits: 0, verdict: true }]
  const verdicts = { a: [1, 1], b: [1, 0], c: [0] }
  const samples = Object.entries(verdicts).flatMap(([variant, all]) =>
    rounds({ case: 'bulk', variant, rival: 'foulweather' }, ...all.map((ok) => ({ ok }))),
  )
  expect(section({ ...RESULTS, samples, cases: [{ ...BULK, metrics }] }, '## bulk')).toEqual(
    expect.arrayContaining([
      '| a | foulweather | ok |',
      '| b | foulweather | NOT ok in 1 of 2 |',
      '| c | foulweather | NOT ok |',
    ]),
  )
})

test('a case without variants has no column for them, and none for what nobody measured', () => {
  const samples = ['foulweather', 'haproxy'].flatMap((rival) =>
    rounds({ case: 'bulk', variant: '', rival }, { cpu: 1, rate: 1 }),
  )
  expect(report({ ...RESULTS, samples })).toContain('\n| rival | CPU s/GB ÷ haproxy | CPU s/GB | GB/s |\n')
})

const warned = (results: Results): readonly string[] =>
  linesOf(results).filter((line) => line.startsWith('**Warning: '))

const busy = (loadBefore: number): Results => ({ ...RESULTS, machine: { ...RESULTS.machine, loadBefore } })

test('a machine is busy from more than half of its cores on', () => {
  expect(warned(busy(1))).toEqual([])
  expect(warned(busy(1.1))).toEqual([expect.stringContaining('load 1.1 on 2 cores')])
})

const yardsticks = (...cpu: readonly number[]): Results => ({
  ...RESULTS,
  samples: download('haproxy', ...cpu.map((one) => ({ cpu: one, peak: 1 }))),
})

test('a yardstick that varies by more than a fifth is told with its case and metric', () => {
  expect(warned(yardsticks(9, 10, 11))).toEqual([])
  expect(warned(yardsticks(9, 10, 11.1))).toEqual([
    expect.stringContaining('bulk, download: CPU s/GB of haproxy by 21 %'),
  ])
})

test('one round, and a run that was interrupted, are told', () => {
  expect(warned({ ...RESULTS, options: { ...RESULTS.options, rounds: 1 } })).toHaveLength(1)
  expect(warned({ ...RESULTS, interrupted: true })).toEqual([expect.stringContaining('interrupted')])
})

test('a run in which nothing was measured is a report all the same', () => {
  const text = report({ ...RESULTS, cases: [], samples: [], verification: [], interrupted: true })
  expect(text).not.toContain('## Ratios')
  expect(text).toContain('## Targets')
})
