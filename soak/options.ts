import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface Options {
  /** Of load, the rehearsal included. What comes before and after it takes a minute at the most. */
  readonly minutes: number
  /** Decides the schedule of the weather, and what clients do. */
  readonly seed: number
  /** As `serve --workers` takes it; `undefined` = not given. */
  readonly workers: string | undefined
  /** About how many sessions there are at a time. */
  readonly clients: number
  /** The file that the report goes to, as JSON. */
  readonly out: string | undefined
  /** What is run as the server. */
  readonly server: string
  readonly help: boolean
}

/** A command line that cannot be followed; the message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const DEFAULT_MINUTES = 30
const MOST_MINUTES = 7 * 24 * 60
const DEFAULT_CLIENTS = 80

export const USAGE = `Usage: npm run soak -- [options]

Runs a server, has mixed real clients use it while faults, profiles, halts and proxies change all the time, and checks that nothing is lost, leaks,
hangs or goes unexplained. Linux only. PostgreSQL and Redis take part where they are installed.

  --minutes N     how long (default ${DEFAULT_MINUTES}); 3 is enough to find what is broken outright, not a slow leak
  --seed N        repeats the weather and the clients of another run (default: a random one, which is printed)
  --clients N     about how many sessions at a time, 20 to 2000 (default ${DEFAULT_CLIENTS})
  --workers N     passed on to the server: a number of threads, or auto (default: not given)
  --server FILE   what is run (default src/main.ts; dist/main.js after npm run build)
  --out FILE      write the report as JSON
  --help          show this

Exit code 0: everything held. 1: something did not; it is listed, and the logs are kept. 2: the command line is wrong.`

export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args)
  const { out, server, help } = values
  return {
    minutes: number('--minutes', values.minutes, DEFAULT_MINUTES, 0.5, MOST_MINUTES, false),
    seed: number('--seed', values.seed, randomInt(1_000_000), 0, Number.MAX_SAFE_INTEGER),
    clients: number('--clients', values.clients, DEFAULT_CLIENTS, 20, 2000),
    workers: workers(values.workers),
    out,
    server,
    help,
  }
}

function parse(args: readonly string[]) {
  try {
    const options = {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      clients: { type: 'string' },
      workers: { type: 'string' },
      server: { type: 'string', default: 'src/main.ts' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    } as const
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function number(
  option: string,
  given: string | undefined,
  otherwise: number,
  least: number,
  most: number,
  whole = true,
): number {
  if (given === undefined) return otherwise
  const value = given.trim() === '' ? NaN : Number(given)
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new UsageError(`${option} is ${given}: a ${whole ? 'whole ' : ''}number from ${least} to ${most} is wanted`)
  }
  return value
}

function workers(given: string | undefined): string | undefined {
  if (given === undefined || given === 'auto') return given
  return String(number('--workers', given, 1, 1, 64))
}
