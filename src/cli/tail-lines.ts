import type { ExchangeInfo } from '../client/views.ts'
import type { CliContext } from './context.ts'
import { paint, printable, type Colour } from './format.ts'

interface Column {
  readonly title: string
  /** For programs. */
  readonly plain: (exchange: ExchangeInfo) => string
  /** For people, where it is something else. */
  readonly shown?: (exchange: ExchangeInfo) => string
  /** What a terminal gives it at least and at most; beyond that it is cut. */
  readonly width: readonly [least: number, most: number]
  readonly right?: true
  readonly colour?: (exchange: ExchangeInfo) => Colour | undefined
}

const COLUMNS: readonly Column[] = [
  {
    title: 'Time',
    plain: ({ time }) => time,
    shown: ({ time }) => timeOfDay(time),
    width: [12, 24],
    colour: () => 'dim',
  },
  { title: 'Proxy', plain: ({ proxy }) => proxy, width: [8, 24] },
  { title: 'Method', plain: ({ method }) => method, width: [6, 10] },
  { title: 'Path', plain: ({ path }) => path, width: [24, 56] },
  { title: 'Status', plain: ({ status }) => orNone(status), width: [6, 6], right: true, colour: colourOfStatus },
  {
    title: 'Total ms',
    plain: ({ ms }) => String(ms.total),
    shown: ({ ms }) => decimal(ms.total),
    width: [9, 12],
    right: true,
  },
  {
    title: 'Upstream ms',
    plain: ({ ms }) => orNone(ms.upstream),
    shown: ({ ms }) => (ms.upstream === null ? '-' : decimal(ms.upstream)),
    width: [11, 12],
    right: true,
  },
  { title: 'Origin', plain: ({ origin }) => origin, width: [8, 8], colour: colourOfOrigin },
  { title: 'Outcome', plain: ({ outcome }) => outcome, width: [8, 24], colour: colourOfOutcome },
  { title: 'Faults', plain: ({ faults }) => faults.join(',') || '-', width: [6, Infinity] },
]

/**
 * Prints exchanges, one in a line: tab-separated, or on a terminal in columns below a header. Lines that are to come cannot be looked at before
 * the first is printed, so columns begin with a usual width and grow, up to a bound, with what comes.
 */
export class TailLines {
  readonly #context: CliContext
  readonly #widths = COLUMNS.map(({ title, width }) => Math.max(title.length, width[0]))
  #headed = false

  constructor(context: CliContext) {
    this.#context = context
  }

  print(exchanges: readonly ExchangeInfo[]): void {
    if (exchanges.length === 0) return
    this.#context.out(this.#context.terminal ? this.#columns(exchanges) : plainLines(exchanges))
  }

  #columns(exchanges: readonly ExchangeInfo[]): string {
    const rows = exchanges.map((exchange) => COLUMNS.map((column) => cut(textOf(column, exchange), column.width[1])))
    this.#widths.forEach((width, i) => {
      this.#widths[i] = rows.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), width)
    })
    const lines = exchanges.map((exchange, r) =>
      this.#line(
        (_column, i) => rows[r]?.[i] ?? '',
        ({ colour }) => colour?.(exchange),
      ),
    )
    if (this.#headed) return lines.join('')
    this.#headed = true
    const header = this.#line(
      ({ title }) => title,
      () => 'bold',
    )
    return header + lines.join('')
  }

  #line(text: (column: Column, i: number) => string, colour: (column: Column) => Colour | undefined): string {
    const cells = COLUMNS.map((column, i) => {
      const width = this.#widths[i] ?? 0
      const last = i === COLUMNS.length - 1
      const padded = column.right === true ? text(column, i).padStart(width) : text(column, i).padEnd(last ? 0 : width)
      return paint(this.#context, colour(column), padded)
    })
    return `${cells.join('  ')}\n`
  }
}

function plainLines(exchanges: readonly ExchangeInfo[]): string {
  return exchanges.map((exchange) => `${COLUMNS.map(({ plain }) => printable(plain(exchange))).join('\t')}\n`).join('')
}

function textOf({ plain, shown = plain }: Column, exchange: ExchangeInfo): string {
  return printable(shown(exchange))
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** `12:03:04.123` by the clock on the wall here. */
function timeOfDay(time: string): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return time
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

function decimal(ms: number): string {
  return ms.toFixed(1)
}

function orNone(value: number | null): string {
  return value === null ? '-' : String(value)
}

function colourOfStatus({ status }: ExchangeInfo): Colour | undefined {
  if (status === null || status >= 500) return 'red'
  return status >= 400 ? 'yellow' : 'green'
}

function colourOfOrigin({ origin }: ExchangeInfo): Colour | undefined {
  return origin === 'upstream' ? undefined : 'yellow'
}

function colourOfOutcome({ outcome }: ExchangeInfo): Colour | undefined {
  return outcome === 'answered' ? 'dim' : 'red'
}
