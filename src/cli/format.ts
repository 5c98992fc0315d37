import { styleText } from 'node:util'
import type { CliContext } from './context.ts'

export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** For terminals. */
  readonly colour?: (row: Row) => Colour | undefined
}

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

/** On a terminal: a header and aligned columns, in colour. Elsewhere: one line per row, tab-separated, nothing else. */
export function printTable<Row>(context: CliContext, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = rows.map((row) => columns.map(({ text }) => printable(text(row))))
  if (!context.terminal) {
    for (const line of cells) context.out(`${line.join('\t')}\n`)
    return
  }
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)))
  const padded = (text: string, i: number): string => text.padEnd(widths[i] ?? 0)
  context.out(`${columns.map(({ title }, i) => paint(context, 'bold', padded(title, i))).join('  ')}\n`)
  rows.forEach((row, r) => {
    const line = columns.map(({ colour }, i) => paint(context, colour?.(row), padded(cells[r]?.[i] ?? '', i)))
    context.out(`${line.join('  ')}\n`)
  })
}

/** Names are anybody's: an escape sequence in one must not reach the terminal, nor a line break the reader of the lines. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** A line that only a terminal gets: what to try next. */
export function hint(context: CliContext, text: string): void {
  if (context.terminal) context.out(`${paint(context, 'dim', text)}\n`)
}

/** `text` in a colour where stdout is a terminal and nobody has asked for none (https://no-color.org). */
export function paint({ terminal, env }: CliContext, colour: Colour | undefined, text: string): string {
  if (colour === undefined || !terminal || (env['NO_COLOR'] ?? '') !== '') return text
  return styleText(colour, text, { validateStream: false })
}

/** `12 B`, `3.4 KiB`, `1.0 GiB`: for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** `850ms`, `12.3s`, `4m10s`, `3h05m`: for people. */
export function formatAge(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${twoDigits(Math.floor(seconds / 60) % 60)}m`
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}
