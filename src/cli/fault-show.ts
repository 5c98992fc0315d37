import type { Command } from 'commander'
import type { ParamsJsonSchema } from '../faults/index.ts'
import { printAnswer } from './answer.ts'
import { connect } from './connection.ts'
import type { CliContext } from './context.ts'
import { faultPath } from './fault-path.ts'
import { type Fault, faultShape } from './fault-shapes.ts'
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
      const call = connect(command, context).json('GET', faultPath(proxy, name), faultShape)
      const { text, data } = await explained(`Failed to show fault ${name} of ${proxy}`, call)
      printWarnings(context, data)
      printAnswer(command, context, text, () => printFault(context, data))
    })
}

function printFault(context: CliContext, fault: Fault): void {
  const schemas = fieldsOfType(fault.type)
  for (const [field, value] of Object.entries(fault)) {
    // They went to stderr.
    if (field === 'warnings') continue
    const text = textOf(fault, field, value, schemas[field])
    context.out(`${paint(context, 'bold', field)}\t${text === '' ? '-' : text}\n`)
  }
}

function textOf({ type }: Fault, field: string, value: unknown, schema: ParamsJsonSchema = {}): string {
  if (field === 'ramp') return rampText(type, value)
  return field === 'ttl_remaining' && typeof value === 'number' ? formatAge(value) : showField(schema, value)
}
