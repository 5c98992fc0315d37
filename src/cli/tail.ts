import { setTimeout as sleep } from 'node:timers/promises'
import { Option, type Command } from 'commander'
import { defined } from '../core/defined.ts'
import type { Origin } from '../core/words.ts'
import type { AdminClient } from './admin-client.ts'
import { connect, globalOptions } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { ExchangeFeed, type FeedQuery, type Page } from './tail-feed.ts'
import { TailLines } from './tail-lines.ts'
import { readLineCount, readSince, readStatusList } from './tail-options.ts'
import { type Output, watchOutput } from './tail-output.ts'

interface TailOptions {
  readonly status?: string
  readonly fault?: string
  readonly origin?: Origin
  readonly session?: string
  readonly lines: number
  readonly since?: number
  readonly follow: boolean
}

/** How often a server is asked for what is new, milliseconds. */
const ASK_EVERY_MS = 250

const NOTES = `
A line has: time, proxy, method, path, status, milliseconds in all and of the upstream, who answered
(origin), what came of it, and the faults that worked on it. Values of queries are not shown unless
the server was started with --show-queries. What is said of the server itself goes to stderr.

Examples:
  $ foulweather tail
  $ foulweather tail api --status 5xx,none
  $ foulweather tail api --origin injected --since 10m --no-follow --json`

export function addTailCommand(program: Command, context: CliContext): void {
  program
    .command('tail')
    .summary('follow the exchanges of HTTP proxies')
    .description(
      'Shows the latest exchanges of proxies with protocol http, oldest first, and goes on with new ones as they end, until it is interrupted. ' +
        'Tab-separated where stdout is not a terminal; with --json one object per line.',
    )
    .argument('[proxy]', 'only those of this proxy (default: all)')
    .option(
      '--status <statuses>',
      'only those that were answered so: 503, 5xx, 400-499, none, several with commas (default: all)',
      readStatusList,
    )
    .option('--fault <name>', 'only those that a fault of this name worked on (default: all)')
    .addOption(
      new Option('--origin <origin>', 'only those that were answered or ended by it (default: all)').choices([
        'injected',
        'client',
        'upstream',
        'proxy',
      ]),
    )
    .option('--session <id>', 'only those of this session (default: all)')
    .option('-n, --lines <number>', 'how many of the latest come first', readLineCount, 10)
    .option(
      '--since <when>',
      'begin with all since then instead: how long ago (5m), or a time (2026-01-31T12:00:00Z)',
      (text) => readSince(text),
    )
    .option('--no-follow', 'end after those that there are')
    .addHelpText('after', NOTES)
    .action((proxy: string | undefined, options: TailOptions, command: Command) =>
      run(proxy, options, command, context),
    )
}

async function run(
  proxy: string | undefined,
  { status, fault, origin, session, lines, since, follow }: TailOptions,
  command: Command,
  context: CliContext,
): Promise<void> {
  const client = connect(command, context)
  const query: FeedQuery = defined({ proxy, status, fault, origin, session })
  const feed = new ExchangeFeed(client, query)
  const show = shower(command, context)
  const first = await feed.first(lines, since)
  show(first)
  if (proxy !== undefined && first.exchanges.length === 0) await sayWhyNone(client, proxy, context)
  if (!follow) return
  using output = watchOutput()
  await goOn(feed, show, output)
}

/** Ends when nobody wants more. */
async function goOn(feed: ExchangeFeed, show: (page: Page) => void, output: Output): Promise<void> {
  for (;;) {
    await output.orOver(sleep(ASK_EVERY_MS))
    if (output.over) return
    const page = output.full ? undefined : await output.orOver(feed.next())
    if (page !== undefined) show(page)
  }
}

function shower(command: Command, context: CliContext): (page: Page) => void {
  const lines = new TailLines(context)
  const asJson = globalOptions(command).json === true
  return ({ exchanges, notes }) => {
    for (const note of notes) context.err(`${note}\n`)
    if (asJson) context.out(exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(''))
    else lines.print(exchanges)
  }
}

/** A name that is misspelt, or a proxy that is not for HTTP, would keep silent for ever. */
async function sayWhyNone(client: AdminClient, proxy: string, context: CliContext): Promise<void> {
  const found = await client.proxies.get(proxy).catch((error: unknown) => {
    if (error instanceof CommandFailure) return undefined
    throw error
  })
  const name = JSON.stringify(proxy)
  if (found === undefined) context.err(`there is no proxy called ${name} now\n`)
  else if (found.protocol !== 'http') {
    context.err(`the protocol of proxy ${name} is ${found.protocol}: only http has exchanges\n`)
  }
}
