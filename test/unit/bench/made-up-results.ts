import type { Sample } from '../../../bench/cases/case.ts'
import { parseOptions } from '../../../bench/options.ts'
import { SCHEMA, type CaseRun, type Results } from '../../../bench/results.ts'

export const BULK: CaseRun = {
  name: 'bulk',
  summary: 'Bytes.',
  metrics: [
    { key: 'cpu', label: 'CPU s/GB', digits: 2, compared: true },
    { key: 'peak', label: 'peak RSS, MB', digits: 0 },
    { key: 'rate', label: 'GB/s', digits: 1 },
  ],
  seconds: 30,
}

/** One sample for each round of a rival: what `of` answers. */
export function rounds(
  { case: name, variant, rival }: Pick<Sample, 'case' | 'variant' | 'rival'>,
  ...metrics: readonly Sample['metrics'][]
): readonly Sample[] {
  return metrics.map((figures, i) => ({ case: name, variant, rival, round: i + 1, metrics: figures }))
}

export const download = (rival: string, ...metrics: readonly Sample['metrics'][]): readonly Sample[] =>
  rounds({ case: 'bulk', variant: 'download', rival }, ...metrics)

const { quick, only, rivals, dist } = parseOptions(['--quick'])

/** A run that a quiet machine might have made. */
export const RESULTS: Results = {
  schema: SCHEMA,
  date: '2026-01-02T03:04:05.678Z',
  seconds: 61,
  interrupted: false,
  commit: { hash: 'abc123', dirty: false },
  node: '26.0.0',
  machine: { cpu: 'A CPU', cores: 2, memoryBytes: 8 * 2 ** 30, kernel: '6.1', loadBefore: 0.25 },
  options: { quick, rounds: 2, only, rivals, dist },
  cases: [BULK],
  verification: [
    { rival: 'foulweather', version: '1.0.0', state: 'verified', halfClose: true },
    { rival: 'haproxy', version: '2.9', state: 'verified', halfClose: true },
    { rival: 'haproxy-http', version: '2.9', state: 'verified' },
    { rival: 'toxiproxy', version: '', state: 'not found', reason: 'a|b' },
  ],
  targets: [
    { figure: 'met', target: '≤ 1 ×', unit: '×', measured: 0.98765, met: true },
    { figure: 'missed', target: '≤ 1 ×', unit: '×', measured: 1.5, met: false },
    { figure: 'absent', target: '≤ 1 ×', unit: '×', measured: null, met: null },
  ],
  notes: ['bulk: something to know', 'idle: of another case'],
  failures: [],
  samples: [
    ...download('foulweather', { cpu: 0.2, peak: 90, rate: 1 }, { cpu: 0.3, peak: 90, rate: 1 }),
    ...download('haproxy', { cpu: 0.4, peak: 15, rate: 1 }, { cpu: 0.4, peak: 15, rate: 1 }),
    ...download('direct', { rate: 3 }),
  ],
}
