import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { addProfileActivateCommand } from './profile-activate.ts'
import { addProfileDeactivateCommand } from './profile-deactivate.ts'
import { addProfileDeleteCommand } from './profile-delete.ts'
import { addProfileListCommand } from './profile-list.ts'
import { addProfilePutCommand } from './profile-put.ts'
import { addProfileReloadCommand } from './profile-reload.ts'
import { addProfileRenewCommand } from './profile-renew.ts'
import { addProfileShowCommand } from './profile-show.ts'

export function addProfileCommand(program: Command, context: CliContext): void {
  const profile = program
    .command('profile')
    .alias('profiles')
    .summary('list, show, put, delete, activate, deactivate, renew or reload profiles')
    .description(
      'Profiles are proxies and faults that are switched on and off together. Switches them, and puts and deletes those that are no files.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather profile list\n  $ foulweather profile activate slow-postgres --ttl 10m --reason "game day"',
    )
  addProfileListCommand(profile, context)
  addProfileShowCommand(profile, context)
  addProfilePutCommand(profile, context)
  addProfileDeleteCommand(profile, context)
  addProfileActivateCommand(profile, context)
  addProfileDeactivateCommand(profile, context)
  addProfileRenewCommand(profile, context)
  addProfileReloadCommand(profile, context)
}
