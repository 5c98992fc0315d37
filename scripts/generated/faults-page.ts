import { describeFault, FAULTS, type FaultDescription } from '../../src/faults/index.ts'
import { generatedFrom, page, table } from './markdown.ts'

const EFFECTS: Readonly<Record<FaultDescription['effect'], string>> = {
  timing: 'timing: every byte arrives, in order, at another time',
  content: 'content: bytes arrive changed',
  loss: 'loss: bytes do not arrive',
  ending: 'ending: the connection ends early',
}

/** docs/faults.md: every fault, from its definition. */
export function faultsPage(): string {
  const faults = FAULTS.map(describeFault)
  return page(
    generatedFrom('the definitions in src/faults/'),
    '# Faults',
    `Every fault acts on one direction of each connection that it selects: \`upstream\` = bytes from the client to the server, \`downstream\` = bytes from the server
to the client. Whether it selects a connection is drawn once per connection and direction. Bytes pass the faults of a proxy in their order.

Adding, changing and removing faults takes effect on live connections at once, and loses, doubles or reorders no byte that the fault does not drop on purpose.

Plain numbers are in the unit of the parameter; texts with another unit are taken too: \`"250ms"\`, \`"1.5s"\`, \`"64KiB"\`, \`"20KB/s"\`, \`"10mbit"\`. Through Toxiproxy's API
attributes are whole numbers in Toxiproxy's units, and 0 unless given.`,
    table(
      ['type', 'what it does'],
      faults.map(({ type, summary }) => [`[\`${type}\`](#${type})`, summary]),
    ),
    ...faults.map((fault) => section(fault).trimEnd()),
  )
}

function section(fault: FaultDescription): string {
  return page(
    `## ${fault.type}`,
    fault.summary,
    `Effect: ${EFFECTS[fault.effect]}.`,
    parameters(fault),
    toxic(fault),
    fault.details,
  )
}

function parameters({ schema }: FaultDescription): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, parameter]) => {
    if (typeof parameter === 'boolean') throw new Error(`${name} has no schema`)
    const { unit, description = '', default: value } = parameter
    return [
      `\`${name}\``,
      typeof unit === 'string' ? unit : '',
      value === undefined ? 'required' : `\`${JSON.stringify(value)}\``,
      description,
    ]
  })
  return rows.length === 0 ? 'It has no parameters.' : table(['parameter', 'unit', 'default', 'meaning'], rows)
}

function toxic({ toxic }: FaultDescription): string {
  if (toxic === null) return 'Toxiproxy has no such toxic: its clients do not see this fault.'
  if (toxic.length === 0) return 'As a toxic: without attributes.'
  return `As a toxic: ${toxic.map(({ name, unit }) => `\`${name}\` (${unit})`).join(', ')}.`
}
