import type { Command } from 'commander'
import { z } from 'zod'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure } from './context.ts'
import { readInputFile } from './input-file.ts'
import { printProxies } from './list.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { explained, proxyShape } from './toxiproxy-shapes.ts'

const answerShape = z.looseObject({ proxies: z.array(proxyShape).nullable() })

export function addPopulateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('populate')
    .summary('make the proxies of a file exist')
    .description(
      'Makes each proxy of a JSON array exist and lists them as they are now, as the command list does. One that exists with the same ' +
        'addresses stays as it is, one with other addresses is replaced; proxies that are not in the file stay.',
    )
    .argument('<file>', 'a JSON array of proxies: name, listen, upstream, enabled, protocol')
  addReasonOption(command)
    .addHelpText('after', '\nExamples:\n  $ foulweather populate proxies.json')
    .action(async (file: string, { reason }: ReasonOption, command: Command) => {
      const doing = `Failed to populate from ${file}`
      const client = connect(command, context)
      const body = await explained(doing, read(file))
      const call = client.json('POST', '/populate', answerShape, body, { reason })
      const { text, data } = await explained(doing, call)
      // The answer is Toxiproxy's: it knows no faults but toxics.
      const all = await explained('Failed to retrieve proxies', client.proxies.list())
      const known = new Map(all.map((proxy) => [proxy.name, proxy]))
      const made = (data.proxies ?? []).flatMap(({ name }) => known.get(name) ?? [])
      printAnswer(command, context, text, () => printProxies(context, made))
    })
}

async function read(file: string): Promise<object> {
  const text = String(await readInputFile(file))
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
  } catch (cause) {
    throw new CommandFailure(
      `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      undefined,
      cause,
    )
  }
  throw new CommandFailure('expected a JSON array of proxies')
}
