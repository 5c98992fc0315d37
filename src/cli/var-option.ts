import type { Command } from 'commander'
import { collectVars, type Vars } from './option-values.ts'

export interface VarOption {
  readonly var?: Vars
}

export function addVarOption(command: Command): Command {
  return command.option(
    '--var <name=value>',
    'value of a variable of the profile; may be given several times. true, false and numbers are these, everything else is a text (default: its own)',
    collectVars,
  )
}
