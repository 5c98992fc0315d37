import { Command } from 'commander'
import type { FaultDefinition } from '../faults/define.ts'
import { addGlobalOptions } from './connection.ts'
import { addFaultFlags, type FlagPurpose, UNITS_HELP } from './fault-flags.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'

export interface FaultFlags extends ReasonOption {
  readonly fields: Record<string, unknown>
}

export interface FaultCommand {
  readonly command: Command
  /** Reads flags; answers the fields that they give, as the admin API takes them, and what is said beside them. */
  readonly read: (flags: readonly string[]) => FaultFlags
}

/**
 * The rest of a command line that depends on the type: `parent` has read what stands in front of it. A command of its own, because the flags
 * of one type are mistakes for another; `usage` is how it is called.
 */
export function faultCommand(
  parent: Command,
  definition: FaultDefinition,
  purpose: FlagPurpose,
  usage: string,
): FaultCommand {
  const command = new Command(usage)
    .copyInheritedSettings(parent)
    .helpOption('-h, --help', 'print help')
    .usage('[flags]')
    .description(`${definition.summary}\n\nAll about it: foulweather fault-types ${definition.type}`)
    .allowExcessArguments(false)
  const fields = addFaultFlags(command, definition, purpose)
  addReasonOption(command)
  command.optionsGroup('Global Options:')
  addGlobalOptions(command)
  command.addHelpText('after', UNITS_HELP)
  return {
    command,
    read(flags) {
      command.parse(flags, { from: 'user' })
      return { fields: fields(), ...command.opts<ReasonOption>() }
    },
  }
}
