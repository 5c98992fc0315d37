import type { Command } from 'commander'
import { nearestType } from '../faults/index.ts'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { addReasonOption, type ReasonOption } from './reason-option.ts'
import { attributesOf } from './toxic-attributes.ts'
import { addAttributeOption, addNameOption, addToxicityOption, nameOf, toxicityOf } from './toxic-options.ts'
import type { ToxicOptions } from './toxic-options.ts'
import { explained, toxicShape } from './toxiproxy-shapes.ts'

interface AddOptions extends ToxicOptions, ReasonOption {
  readonly type: string
  readonly upstream?: boolean
  readonly downstream?: boolean
}

export function addToxicAddCommand(toxic: Command, context: CliContext): void {
  const add = toxic
    .command('add')
    .alias('a')
    .summary('add a toxic to a proxy')
    .description('Adds a toxic to a proxy.')
    .argument('<proxy>', 'name of the proxy')
    .requiredOption('-t, --type <type>', 'type of the toxic (see: foulweather fault-types)')
  addNameOption(add, 'name of the toxic (default: TYPE_DIRECTION)')
  addToxicityOption(add, '1')
  addReasonOption(addAttributeOption(add))
    .option('-u, --upstream', 'act on bytes from the client to the server (default: downstream)')
    .option('-d, --downstream', 'act on bytes from the server to the client (the default)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather toxic add redis -t latency -a latency=250ms -a jitter=20ms\n' +
        '  $ foulweather toxic add redis -t reset_peer -n cut -u --toxicity 30%',
    )
    .action((proxy: string, options: AddOptions, command: Command) => run(proxy, options, command, context))
}

async function run(proxy: string, options: AddOptions, command: Command, context: CliContext): Promise<void> {
  if (options.upstream === true && options.downstream === true) {
    throw new CommandFailure('Only one should be specified: upstream or downstream.', EXIT.usage)
  }
  const stream = options.upstream === true ? 'upstream' : 'downstream'
  const { type, reason } = options
  const attributes = attributesOf(type, options.attribute ?? {})
  const body = { name: nameOf(options), type, stream, toxicity: toxicityOf(options) ?? 1, attributes }
  const call = connect(command, context).json('POST', `/proxies/${segment(proxy)}/toxics`, toxicShape, body, { reason })
  const added = explained(`Failed to add toxic: failed to add toxic to proxy ${proxy}: AddToxic`, call)
  const { text, data } = await added.catch((error: unknown) => suggestType(error, type))
  printAnswer(command, context, text, () =>
    context.out(`Added ${data.stream} ${data.type} toxic '${data.name}' on proxy '${proxy}'\n`),
  )
}

/** Toxiproxy's refusal names neither the type nor what would be right. */
function suggestType(error: unknown, type: string): never {
  if (!(error instanceof CommandFailure) || !error.message.includes('invalid toxic type')) throw error
  const nearest = nearestType(type)
  const advice = nearest === undefined ? 'foulweather fault-types lists them' : `did you mean ${nearest}?`
  throw new CommandFailure(`${error.message} "${type}" (${advice})`, error.exitCode, error)
}
