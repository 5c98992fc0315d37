import type { Command } from 'commander'
import { type AdminClient, segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { toxicLine } from './inspect.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { type Attributes, type AttributeTexts, attributesOf } from './toxic-attributes.ts'
import { addAttributeOption, addNameOption, addToxicityOption, requiredNameOf, toxicityOf } from './toxic-options.ts'
import type { ToxicOptions } from './toxic-options.ts'
import { explained, toxicShape } from './toxiproxy-shapes.ts'

export function addToxicUpdateCommand(toxic: Command, context: CliContext): void {
  const update = toxic
    .command('update')
    .alias('u')
    .summary('change a toxic of a proxy')
    .description('Changes what is given of a toxic; everything else stays as it is, the toxicity included.')
    .argument('<proxy>', 'name of the proxy')
  addNameOption(update, 'name of the toxic (required)')
  addToxicityOption(update, 'unchanged')
  addReasonOption(addAttributeOption(update))
    .addHelpText('after', '\nExamples:\n  $ foulweather toxic update redis -n latency_downstream -a latency=500ms')
    .action((proxy: string, options: ToxicOptions & ReasonOption, command: Command) =>
      run(proxy, options, command, context),
    )
}

async function run(
  proxy: string,
  options: ToxicOptions & ReasonOption,
  command: Command,
  context: CliContext,
): Promise<void> {
  const { reason } = options
  const name = requiredNameOf(options)
  const client = connect(command, context)
  const path = `/proxies/${segment(proxy)}/toxics/${segment(name)}`
  const doing = `Failed to update toxic: failed to update toxic '${name}' of proxy '${proxy}'`
  const attributes = await explained(doing, readAttributes(client, path, options.attribute))
  const body = { toxicity: toxicityOf(options), attributes }
  const { text, data } = await explained(doing, client.json('PATCH', path, toxicShape, body, { reason }))
  printAnswer(command, context, text, () => {
    context.out(`Updated toxic '${name}' on proxy '${proxy}'\n`)
    if (context.terminal) context.out(`  ${toxicLine(data).replaceAll('\t', '  ')}\n`)
  })
}

/** Which attributes there are, and in which units, is known only when the type is. */
async function readAttributes(
  client: AdminClient,
  path: string,
  texts: AttributeTexts | undefined,
): Promise<Attributes | undefined> {
  if (texts === undefined) return undefined
  const { data } = await client.json('GET', path, toxicShape)
  return attributesOf(data.type, texts)
}
