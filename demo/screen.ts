import type { DemoCommand } from './commands.ts'
import type { DemoPorts } from './options.ts'

/** What the live part shows of one proxy. */
export interface ProxyCounters {
  readonly name: string
  readonly up: boolean
  readonly live: number
  readonly sessions: number
  /** Bytes delivered to either side. */
  readonly bytes: number
  /** Names of the faults in force. */
  readonly faults: readonly string[]
  /** How often faults acted. */
  readonly applied: number
  /** `origin: reason` of the last session that ended. */
  readonly lastEnding: string | undefined
}

/** The part that stays: what runs where, and what to try. */
export function introduction(ports: DemoPorts, commands: readonly DemoCommand[]): string {
  const tries = commands.flatMap(({ purpose, command }) => [`  # ${purpose}`, indented(command), ''])
  return [
    'Foulweather demo',
    '',
    `  Postgres    127.0.0.1:${ports.pg}           1000 orders, behind the proxy "pg"`,
    `  Web site    http://127.0.0.1:${ports.web}/   a file to load, behind the proxy "web"`,
    `  Admin API   http://127.0.0.1:${ports.admin}`,
    '',
    'Try in a second terminal:',
    '',
    ...tries,
    'Ctrl-C ends it all.',
    '',
  ].join('\n')
}

/** A command as the introduction shows it. */
export function indented(command: string): string {
  return `  ${command.replaceAll('\n', '\n  ')}`
}

const HEADINGS = ['proxy', 'state', 'sessions', 'live', 'delivered', 'acted', 'last ending', 'faults in force']

/** The part that changes, as a table. */
export function counterTable(proxies: readonly ProxyCounters[]): readonly string[] {
  const table = [
    HEADINGS,
    ...proxies.map((proxy) => [
      proxy.name,
      proxy.up ? 'up' : 'DOWN',
      String(proxy.sessions),
      String(proxy.live),
      readableBytes(proxy.bytes),
      String(proxy.applied),
      proxy.lastEnding ?? '-',
      proxy.faults.join(', ') || 'no fault',
    ]),
  ]
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** The part that changes, for a log: one line. */
export function counterLine(proxies: readonly ProxyCounters[]): string {
  return proxies
    .map(
      ({ name, up, live, sessions, bytes, applied, lastEnding }) =>
        `${name} ${up ? 'up' : 'DOWN'}: ${sessions} sessions (${live} live), ${readableBytes(bytes)}, ` +
        `faults acted ${applied} times, last ending ${lastEnding ?? '-'}`,
    )
    .join(' | ')
}

function readableBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** Lines at the end of a terminal that are written anew in place. */
export class LiveLines {
  readonly #terminal: NodeJS.WriteStream
  #shown = 0

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal
  }

  show(lines: readonly string[]): void {
    // A line that wraps would take two rows, and the way back up would be too short.
    const cut = lines.map((line) => line.slice(0, (this.#terminal.columns || 80) - 1))
    const back = this.#shown === 0 ? '' : `\x1b[${this.#shown}A`
    this.#terminal.write(`${back}\x1b[0J${cut.join('\n')}\n`)
    this.#shown = cut.length
  }
}
