import { expect, test } from 'vitest'
import type { Case } from '../../../bench/cases/case.ts'
import { parseOptions } from '../../../bench/options.ts'
import { report } from '../../../bench/report.ts'
import type { Results } from '../../../bench/results.ts'

const bulk: Case = {
  name: 'bulk',
  summary: 'Bytes.',
  metrics: [
    { key: 'cpu', label: 'CPU s/GB', digits: 2, compared: true },
    { key: 'rate', label: 'GB/s', digits: 1 },
  ],
  takes: () => true,
  run: async () => {},
}

const about = { case: 'bulk', variant: 'download' }

const results: Results = {
  date: '2026-01-02T03:04:05.678Z',
  seconds: 61,
  commit: 'abc123',
  node: '26.0.0',
  machine: { cpu: 'A CPU', cores: 2, memoryBytes: 8 * 2 ** 30, kernel: '6.1', loadBefore: 0.25 },
  options: parseOptions(['--quick']),
  verification: [
    { rival: 'foulweather', version: '1.0.0', state: 'verified', halfClose: true },
    { rival: 'toxiproxy', version: '', state: 'not found', reason: 'a|b' },
  ],
  targets: [
    { figure: 'met', target: '≤ 1 ×', unit: '×', measured: 0.98765, met: true },
    { figure: 'missed', target: '≤ 1 ×', unit: '×', measured: 1.5, met: false },
    { figure: 'absent', target: '≤ 1 ×', unit: '×', measured: null, met: null },
  ],
  notes: ['bulk: something to know', 'idle: of another case'],
  failures: ['storm: session 3'],
  samples: [
    { ...about, rival: 'foulweather', round: 1, metrics: { cpu: 0.2, rate: 1 } },
    { ...about, rival: 'haproxy', round: 1, metrics: { cpu: 0.4, rate: 1 } },
    { ...about, rival: 'foulweather', round: 2, metrics: { cpu: 0.3, rate: 1 } },
    { ...about, rival: 'haproxy', round: 2, metrics: { cpu: 0.4, rate: 1 } },
    { ...about, rival: 'direct', round: 1, metrics: { rate: 3 } },
  ],
}

test('a run reads as Markdown: machine, targets with marks, a table for each case, rivals', () => {
  expect(report(results, [bulk])).toMatchInlineSnapshot(`
    "# Benchmarks of 2026-01-02T03:04:05.678Z

    A CPU, 2 cores, 8 GiB, Linux 6.1, load before 0.3; Node 26.0.0; commit abc123; quick run, rounds: 2, 61 s.

    Medians over the rounds, smallest and largest value in parentheses. CPU is the proxy’s own, user and system.

    **FAILED: storm: session 3**

    ## Targets

    | figure | target | measured |  |
    | --- | --- | --- | --- |
    | met | ≤ 1 × | 0.988 × | ✓ met |
    | missed | ≤ 1 × | 1.5 × | ✗ missed |
    | absent | ≤ 1 × | – | not measured |

    ## bulk

    Bytes.

    | variant | rival | CPU s/GB ÷ haproxy | CPU s/GB | GB/s |
    | --- | --- | --- | --- | --- |
    | download | foulweather | 0.63 (0.50–0.75) | 0.25 (0.20–0.30) | 1.0 |
    | download | haproxy | 1.00 | 0.40 | 1.0 |
    | download | direct | – | – | 3.0 |

    - something to know

    ## Rivals

    | rival | version | checked stream both ways | half-close passes |
    | --- | --- | --- | --- |
    | foulweather | 1.0.0 | verified | yes |
    | toxiproxy | – | not found: a\\|b | – |
    "
  `)
})

test('a case may be compared with another rival', () => {
  const text = report(results, [{ ...bulk, yardstick: 'foulweather' }])
  expect(text).toContain('| CPU s/GB ÷ foulweather |')
  expect(text).toContain('| download | haproxy | 1.67 (1.33–2.00) | 0.40 | 1.0 |')
})

test('a verdict is ok only when every round is', () => {
  const metrics = [{ key: 'ok', label: 'within', digits: 0, verdict: true }]
  const rounds = { a: [1, 1], b: [1, 0], c: [0] }
  const samples = Object.entries(rounds).flatMap(([variant, verdicts]) =>
    verdicts.map((ok, i) => ({ case: 'bulk', variant, rival: 'foulweather', round: i + 1, metrics: { ok } })),
  )
  const text = report({ ...results, samples }, [{ ...bulk, metrics }])
  expect(text.split('\n').filter((line) => line.includes('ok |'))).toEqual([
    '| a | foulweather | ok |',
    '| c | foulweather | NOT ok |',
  ])
  expect(text).toContain('| b | foulweather | NOT ok in 1 of 2 |')
})

test('a case without variants has no column for them', () => {
  const samples = results.samples.map((sample) => Object.assign({}, sample, { variant: '' }))
  expect(report({ ...results, samples }, [bulk])).toContain('\n| rival | CPU s/GB ÷ haproxy | CPU s/GB |')
})
