import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError, type Command } from 'commander'
import { eventsPath } from '../client/events.ts'
import { readPosition } from '../observe/events/position.ts'
import { connect, globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'
import { type FedEvent, followEvents } from './events-feed.ts'
import { eventLine } from './events-lines.ts'
import { readCount } from './option-values.ts'
import { type Output, watchOutput } from './tail-output.ts'

interface EventsOptions {
  readonly type?: string
  readonly proxy?: string
  readonly profile?: string
  readonly since?: string
  readonly count?: number
}

const NOTES = `
A line has: time, name, what it is about, what has become of it, who asked for it, and why. Sessions and
injections (fault-applied, once a second) are told only while somebody listens. What is said of the
server itself goes to stderr.

Examples:
  $ foulweather events
  $ foulweather events --type 'fault-*,profile-*,halted,resumed'
  $ foulweather events --proxy pg --json
  $ foulweather events --type profile-reloaded,profile-reload-failed --count 1`

export function addEventsCommand(program: Command, context: CliContext): void {
  program
    .command('events')
    .summary('follow what happens, as it happens')
    .description(
      'Shows changes to what is in force, sessions, injections and limits that are met, until it is interrupted. A connection that breaks is made again, and nothing is left out or ' +
        'shown twice; where the server has no more of what was missed, it says so. Tab-separated where stdout is not a terminal; with --json one object per line.',
    )
    .option('--type <names>', 'only these, with commas, and * for any characters: fault-*,halted (default: all)')
    .option('--proxy <name>', 'only what is about this proxy (default: all)')
    .option('--profile <name>', 'only what is about this profile, and what it has put in force (default: all)')
    .option('--since <id>', 'begin behind the event with this id, as --json shows it (default: now)', readId)
    .option('--count <number>', 'end after so many events (default: never)', readCount)
    .addHelpText('after', NOTES)
    .action((options: EventsOptions, command: Command) => run(options, command, context))
}

async function run(
  { count = Infinity, since, ...query }: EventsOptions,
  command: Command,
  context: CliContext,
): Promise<void> {
  const client = connect(command, context)
  if (count === 0) return
  using output = watchOutput()
  const stop = new AbortController()
  const note = (text: string): void => context.err(`${text}\n`)
  const events = followEvents({ client, path: eventsPath(query), since, signal: stop.signal, note })
  const show = shower(command, context)
  try {
    for (let shown = 0; shown < count; shown++) {
      const next = await output.orOver(events.next())
      if (next === undefined || next.done === true) return
      show(next.value)
      await roomIn(output)
      if (output.over) return
    }
  } finally {
    stop.abort()
  }
}

/** Who does not read what is printed is waited for: the server keeps what comes meanwhile, or drops us, and we come back. */
async function roomIn(output: Output): Promise<void> {
  while (output.full && !output.over) await output.orOver(sleep(ROOM_MS))
}

const ROOM_MS = 50

function shower(command: Command, context: CliContext): (fed: FedEvent) => void {
  if (globalOptions(command).json === true) return ({ text }) => context.out(`${text}\n`)
  return ({ event }) => context.out(eventLine(context, event))
}

function readId(text: string): string {
  if (readPosition(text) !== undefined) return text
  throw new InvalidArgumentError('expected the id of an event, such as k3f9x2-12.')
}
