import type { Command } from 'commander'
import type { Profile } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { type Column, formatAge, hint, printTable } from './format.ts'
import { sourceText } from './profile-text.ts'
import { showDuration } from './quantity.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileListCommand(profile: Command, context: CliContext): void {
  profile
    .command('list')
    .aliases(['l', 'ls'])
    .summary('list the profiles')
    .description(
      'Lists the profiles in order of their names: name, state, proxies, faults, how long it still is active, lease, mistakes in its text, file (or "api"). ' +
        'Tab-separated where stdout is not a terminal.',
    )
    .addHelpText('after', '\nExamples:\n  $ foulweather profile list\n  $ foulweather profiles list --json')
    .action(async (_options: object, command: Command) => {
      const client = connect(command, context)
      const profiles = await explained('Failed to list the profiles', client.profiles.list())
      printAnswer(command, context, client.answer, () => printProfiles(context, profiles))
    })
}

function printProfiles(context: CliContext, profiles: readonly Profile[]): void {
  if (profiles.length === 0 && context.terminal) context.out('no profiles\n')
  else printTable(context, COLUMNS, profiles)
  if (profiles.length === 0) hint(context, 'Put one: foulweather profile put NAME FILE')
  else hint(context, 'All about one: foulweather profile show NAME')
}

const COLOURS: Readonly<Record<string, 'green' | 'red' | 'dim'>> = { active: 'green', invalid: 'red', inactive: 'dim' }

const COLUMNS: readonly Column<Profile>[] = [
  { title: 'Name', text: ({ name }) => name },
  { title: 'State', text: ({ state }) => state, colour: ({ state }) => COLOURS[state] },
  { title: 'Proxies', text: ({ proxies }) => String(proxies.length) },
  { title: 'Faults', text: ({ faults }) => String(faults) },
  { title: 'Ends in', text: ({ ttl_remaining: left }) => (left === undefined ? '-' : formatAge(left)) },
  { title: 'Lease', text: ({ lease }) => (lease === undefined ? '-' : showDuration(lease)) },
  {
    title: 'Mistakes',
    text: ({ problems }) => String(problems.length),
    colour: ({ problems }) => (problems.length === 0 ? undefined : 'red'),
  },
  { title: 'Source', text: sourceText },
]
