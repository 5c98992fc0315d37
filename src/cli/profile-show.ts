import type { Command } from 'commander'
import type { Profile } from '../client/views.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { fieldText } from './field-text.ts'
import { formatAge, paint, printable } from './format.ts'
import { printRemarks, sourceText } from './profile-text.ts'
import { showDuration } from './quantity.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addProfileShowCommand(profile: Command, context: CliContext): void {
  profile
    .command('show')
    .alias('s')
    .summary('show a profile, or its text')
    .description(
      'Shows a profile, one field per line; mistakes in its text go to stderr. While it is active with mistakes, it is as its text last was without.',
    )
    .argument('<name>', 'name of the profile')
    .option('--text', 'print its text as it was last read')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather profile show slow-postgres\n  $ foulweather profile show slow-postgres --text > copy.yaml',
    )
    .action(async (name: string, { text: asText = false }: { text?: boolean }, command: Command) => {
      const client = connect(command, context)
      const doing = `Failed to show profile ${name}`
      if (asText) {
        context.out(await explained(doing, client.profiles.text(name)))
        return
      }
      const shown = await explained(doing, client.profiles.get(name))
      printRemarks(context, shown)
      printAnswer(command, context, client.answer, () => printProfile(context, shown))
    })
}

function printProfile(context: CliContext, profile: Profile): void {
  for (const [field, text] of lines(profile)) {
    context.out(`${paint(context, 'bold', field)}\t${text === '' ? '-' : printable(text)}\n`)
  }
}

function lines(profile: Profile): readonly (readonly [field: string, text: string])[] {
  const { name, description = '', state, revision, labels, vars, proxies, faults, activated, expires } = profile
  const { ttl, lease, ttl_remaining: left } = profile
  return [
    ['name', name],
    ['description', description.trim()],
    ['state', state],
    ['source', sourceText(profile)],
    ['revision', String(revision)],
    ['extends', profile.extends.join(', ')],
    ['labels', fieldText(labels)],
    // One that has to be set has none.
    [
      'vars',
      Object.entries(vars)
        .map(([key, value]) => `${key}=${value === null ? '' : String(value)}`)
        .join(', '),
    ],
    ['proxies', proxies.join(', ')],
    ['faults', String(faults)],
    ['activated', activated ?? ''],
    ['ttl', ttl === undefined ? '' : showDuration(ttl)],
    ['lease', lease === undefined ? '' : showDuration(lease)],
    ['expires', expires ?? ''],
    ['ttl_remaining', left === undefined ? '' : formatAge(left)],
  ]
}
