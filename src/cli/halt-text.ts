import type { Command } from 'commander'
import type { Status } from '../client/views.ts'
import type { AdminClient } from './admin-client.ts'
import { globalOptions } from './connection.ts'
import type { CliContext } from './context.ts'
import { paint, printable } from './format.ts'
import { explained } from './toxiproxy-shapes.ts'

/** `since 2026-01-31T12:00:00.000Z by alice@10.0.0.7:51234 (the shop is down)`. */
export function haltText({ since, actor, reason }: NonNullable<Status['halted']>): string {
  return `since ${since}${actor === undefined ? '' : ` by ${actor}`}${reason === undefined ? '' : ` (${reason})`}`
}

/** On a terminal, where no faults are to be seen because everything was halted, it should be seen that it was. */
export async function printHalt(client: AdminClient, command: Command, context: CliContext): Promise<void> {
  if (!context.terminal || globalOptions(command).json === true) return
  const call = client.halted()
  const { halted, since = '?', ...by } = await explained('Failed to ask whether everything is halted', call)
  if (!halted) return
  const text = printable(`Halted ${haltText({ since, ...by })}`)
  context.out(`${paint(context, 'red', text)}: no faults are taken until "foulweather resume"\n`)
}
