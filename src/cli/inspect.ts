import type { Command } from 'commander'
import type { Proxy as WholeProxy } from '../client/views.ts'
import { segment } from './admin-client.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { hint, paint, printable } from './format.ts'
import { printHalt } from './halt-text.ts'
import { endText } from './lifetime-text.ts'
import { protocolText } from './proxy-text.ts'
import { explained, proxyShape } from './toxiproxy-shapes.ts'
import type { Proxy, Toxic } from './toxiproxy-shapes.ts'

export function addInspectCommand(program: Command, context: CliContext): void {
  program
    .command('inspect')
    .aliases(['i', 'ins'])
    .summary('show the toxics of one proxy')
    .description(
      'Shows one line for each toxic of a proxy, with its attributes in order of their names; on a terminal its addresses and protocol first. Faults that are no toxics are shown by the command "fault list".',
    )
    .argument('<name>', 'name of the proxy')
    .addHelpText('after', '\nExamples:\n  $ foulweather inspect redis\n  $ foulweather inspect redis --json')
    .action(async (name: string, _options: object, command: Command) => {
      const client = connect(command, context)
      const doing = `Failed to retrieve proxy ${name}`
      const { text, data } = await explained(doing, client.json('GET', `/proxies/${segment(name)}`, proxyShape))
      const whole = await explained(doing, client.proxies.get(name))
      printAnswer(command, context, text, () => {
        if (context.terminal) printForTerminal(context, data, whole)
        else for (const toxic of data.toxics) context.out(`${toxicLine(toxic)}\n`)
      })
      await printHalt(client, command, context)
    })
}

/** Toxiproxy's line: `name⇥type=…⇥stream=…⇥toxicity=0.30⇥attributes=[⇥k=v⇥]`. */
export function toxicLine({ name, type, stream, toxicity, attributes }: Toxic): string {
  const pairs = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `\t${key}=${String(value)}`)
  return `${name}\ttype=${type}\tstream=${stream}\ttoxicity=${toxicity.toFixed(2)}\tattributes=[${pairs.join('')}\t]`
}

function printForTerminal(context: CliContext, { name, listen, upstream, toxics }: Proxy, whole: WholeProxy): void {
  const others = whole.faults.filter(({ toxic }) => !toxic)
  const protocol = protocolText(whole)
  const owner = whole.owner === 'api' ? '' : `  owner ${printable(whole.owner)}`
  const addresses = `listen ${listen}  upstream ${upstream}  protocol ${protocol}`
  context.out(`${paint(context, 'bold', name)}  ${addresses}${owner}\n\n`)
  if (toxics.length === 0) {
    context.out('Proxy has no toxics enabled.\n')
    if (others.length === 0)
      hint(context, `Add one: foulweather toxic add ${name} --type latency --attribute latency=100`)
  }
  for (const direction of ['upstream', 'downstream']) {
    const ofDirection = toxics.filter(({ stream }) => stream.toLowerCase() === direction)
    if (ofDirection.length === 0) continue
    context.out(`${paint(context, 'bold', `${direction} toxics`)}\n`)
    for (const toxic of ofDirection) {
      const fault = whole.faults.find((one) => one.name === toxic.name)
      context.out(
        `  ${printable(toxicLine(toxic).replaceAll('\t', '  '))}${fault === undefined ? '' : endText(fault)}\n`,
      )
    }
  }
  if (others.length === 0) return
  context.out(`Faults that are no toxics: ${printable(others.map((fault) => fault.name).join(', '))}\n`)
  hint(context, `See them: foulweather fault list ${name}`)
}
