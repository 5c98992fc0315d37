import { summariseTimes, untouchedShare } from '../../bench/cases/fidelity/loss.ts'

/** Exchanges at one round-trip time (milliseconds) and loss (% of the packets in each direction). */
export interface Cell {
  readonly rtt: number
  readonly percent: number
  /** Milliseconds. */
  readonly times: readonly number[]
}

/** One cell on each line. */
export function parseCells(text: string): readonly Cell[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Cell)
}

const HEAD = [
  'RTT, ms',
  'p, %',
  'by',
  'mean',
  '÷ real',
  'p50',
  'p90',
  'p95',
  'p99',
  'untouched, %',
  '(1-p)², %',
  'exchanges',
]

/** A row for each cell that was really measured and, below it, one for the same emulated. Times in milliseconds. */
export function comparison(real: readonly Cell[], emulated: readonly Cell[]): string {
  const rows = real.flatMap((cell) => {
    const twin = emulated.find(({ rtt, percent }) => rtt === cell.rtt && percent === cell.percent)
    return [row(cell, 'dropped packets'), ...(twin === undefined ? [] : [row(twin, 'foulweather', cell)])]
  })
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function row(cell: Cell, by: string, beside?: Cell): readonly string[] {
  const { mean, p50, p90, p95, p99 } = summariseTimes(cell.times)
  const ratio = beside === undefined ? '' : (mean / summariseTimes(beside.times).mean).toFixed(2)
  return [
    String(cell.rtt),
    String(cell.percent),
    by,
    mean.toFixed(1),
    ratio,
    ...[p50, p90, p95, p99].map((ms) => ms.toFixed(1)),
    untouchedShare(cell.times, cell.rtt).toFixed(1),
    ((1 - cell.percent / 100) ** 2 * 100).toFixed(1),
    String(cell.times.length),
  ]
}
