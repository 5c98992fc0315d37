import type { Command } from 'commander'

export interface ReasonOption {
  readonly reason?: string
}

/** Of commands that change something. */
export function addReasonOption(command: Command): Command {
  return command.option('--reason <text>', 'why, for the record of changes (default: none)')
}
