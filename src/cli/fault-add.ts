import type { Command } from 'commander'
import type { FaultOf, FaultType } from '../client/fault-input.ts'
import { describeFault, FAULTS, faultDefinition } from '../faults/index.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import { type CliContext, CommandFailure, EXIT } from './context.ts'
import { faultCommand, type FaultCommand } from './fault-command.ts'
import { addLine } from './fault-example.ts'
import { faultText, printWarnings } from './fault-text.ts'
import { knownType } from './fault-type.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultAddCommand(fault: Command, context: CliContext): void {
  fault
    .command('add')
    .alias('a')
    .summary('add a fault to a proxy')
    .description('Adds a fault to a proxy. What flags there are depends on its type.')
    .argument('[proxy]', 'name of the proxy')
    .argument('[type]', 'type of the fault; its flags come after it')
    .argument('[flags...]', 'parameters, and fields that every fault has')
    .usage('<proxy> <type> [flags]')
    // The flags are those of the type: which it is, is only known when this command has read its arguments.
    .allowUnknownOption()
    .helpOption(false)
    .option('-h, --help', 'print help; behind a type: its flags')
    .addHelpText('after', typesHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  $ foulweather fault add pg latency --help\n' +
        '  $ foulweather fault add pg latency --latency 250ms --jitter 50ms --direction downstream --ttl 5m --reason "game day"\n' +
        '  $ foulweather fault add pg latency --latency 1s --probability 30% --match client=10.0.0.0/8,session.every=3\n' +
        '  $ foulweather fault add pg latency --ramp latency=0ms..500ms/5m --schedule after=10s,for=5m,every=1h',
    )
    .action(
      (
        proxy: string | undefined,
        type: string | undefined,
        flags: readonly string[],
        options: { help?: boolean },
        command: Command,
      ) => {
        if (options.help !== true) return run(proxy, type, flags, command, context)
        printHelp(command, proxy, type)
        return undefined
      },
    )
}

function typesHelp(): string {
  const width = Math.max(...FAULTS.map(({ type }) => type.length))
  return `\nTypes:\n${FAULTS.map(({ type, summary }) => `  ${type.padEnd(width)}  ${summary}`).join('\n')}`
}

/** The command of one type. */
export function faultAddCommand(add: Command, proxy: string, type: string): FaultCommand {
  const definition = knownType(type)
  const made = faultCommand(add, definition, 'add', `foulweather fault add ${proxy} ${type}`)
  made.command.addHelpText('after', `\nExamples:\n  $ ${addLine(proxy, describeFault(definition))}`)
  return made
}

function printHelp(add: Command, proxy: string | undefined, type: string | undefined): void {
  // Whoever asks for help does not have to name a proxy.
  const alone = type === undefined && proxy !== undefined && faultDefinition(proxy) !== undefined
  const asked = alone ? proxy : type
  if (asked === undefined) add.outputHelp()
  else faultAddCommand(add, alone ? '<proxy>' : (proxy ?? '<proxy>'), asked).command.outputHelp()
}

async function run(
  proxy: string | undefined,
  type: string | undefined,
  flags: readonly string[],
  command: Command,
  context: CliContext,
): Promise<void> {
  refuseFlag('proxy', proxy, 'see: foulweather list')
  refuseFlag('type', type, 'see: foulweather fault types')
  const { read } = faultAddCommand(command, proxy, type)
  const { fields, reason } = read(flags)
  const client = connect(command, context)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the flags are those of the type.
  const call = client.faults(proxy).add({ type, ...fields } as FaultOf<FaultType>, { reason })
  const added = await explained(`Failed to add a fault to ${proxy}`, call)
  printWarnings(context, added)
  printAnswer(command, context, client.answer, () =>
    context.out(`Added fault ${added.name} to ${proxy}: ${faultText(added)}\n`),
  )
}

/** Flags in front of the type cannot be told from arguments. */
function refuseFlag(name: string, argument: string | undefined, hint: string): asserts argument is string {
  if (argument === undefined) throw new CommandFailure(`missing required argument '${name}' (${hint})`, EXIT.usage)
  if (!argument.startsWith('-')) return
  const order = 'expected: foulweather fault add <proxy> <type> [flags]'
  throw new CommandFailure(`"${argument}" stands where the ${name} should; ${order}`, EXIT.usage)
}
