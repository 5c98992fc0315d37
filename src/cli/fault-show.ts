import type { Command } from 'commander'
import type { Fault } from '../client/views.ts'
import type { ParamsJsonSchema } from '../faults/index.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { fieldsOfType, printWarnings, rampText } from './fault-text.ts'
import { formatAge, paint } from './format.ts'
import { showField } from './quantity.ts'
import { explained } from './toxiproxy-shapes.ts'

export function addFaultShowCommand(fault: Command, context: CliContext): void {
  fault
    .command('show')
    .alias('s')
    .summary('show a fault with its counters')
    .description(
      'Shows a fault of a proxy, one field per line: its parameters with units, its state and what it has done so far.',
    )
    .argument('<proxy>', 'name of the proxy')
    .argument('<fault>', 'name of the fault')
    .addHelpText('after', '\nExamples:\n  $ foulweather fault show pg latency_downstream')
    .action(async (proxy: string, name: string, _options: object, command: Command) => {
      const client = connect(command, context)
      const shown = await explained(`Failed to show fault ${name} of ${proxy}`, client.faults(proxy).get(name))
      printWarnings(context, shown)
      printAnswer(command, context, client.answer, () => printFault(context, shown))
    })
}

/** What comes first; the parameters follow. */
const FIRST = 'name type direction probability per owner state toxic shadow ttl lease ttl_remaining counters'.split(' ')

function printFault(context: CliContext, fault: Fault): void {
  const schemas = fieldsOfType(fault.type)
  const order = new Set([...FIRST, ...Object.keys(fault)])
  for (const field of order) {
    const value = fault[field]
    // They went to stderr.
    if (field === 'warnings' || value === undefined) continue
    const text = textOf(fault, field, value, schemas[field])
    context.out(`${paint(context, 'bold', field)}\t${text === '' ? '-' : text}\n`)
  }
}

function textOf({ type }: Fault, field: string, value: unknown, schema: ParamsJsonSchema = {}): string {
  if (field === 'ramp') return rampText(type, value)
  return field === 'ttl_remaining' && typeof value === 'number' ? formatAge(value) : showField(schema, value)
}
