import { describeFault, FAULTS, type FaultDescription } from '../../src/faults/index.ts'
import { generatedFrom, page, table } from './markdown.ts'

const EFFECTS: Readonly<Record<FaultDescription['effect'], string>> = {
  timing: 'timing: every byte arrives, in order, at another time',
  content: 'content: bytes arrive changed',
  loss: 'loss: bytes do not arrive',
  ending: 'ending: the connection ends early',
}

const INTRODUCTION = `A fault is added to a proxy as a *toxic*: by command line, by REST, or by any Toxiproxy client.

\`\`\`sh
foulweather toxic add pg --type latency --attribute latency=250ms --attribute jitter=50ms
curl -s http://127.0.0.1:8474/proxies/pg/toxics -d '{"type":"latency","attributes":{"latency":250,"jitter":50}}'
\`\`\`

Attributes have Toxiproxy's names. They are whole numbers in the units given below, and 0 unless given. The command line takes values with another unit too and
converts them: \`latency=1.5s\`, \`delay=2ms\`, \`bytes=64KiB\`, \`rate=1MB/s\`, \`rate=10mbit\`.

Every fault acts on one direction of each connection that it selects: the \`stream\` is \`upstream\` for bytes from the client to the server, \`downstream\` (the default)
for bytes from the server to the client. Whether it selects a connection is drawn once per connection and direction, with the probability \`toxicity\` (1 unless given). Bytes
pass the faults of a proxy in their order.

Adding, changing and removing faults takes effect on live connections at once, and loses, doubles or reorders no byte that the fault does not drop on purpose.`

/** docs/faults.md: every fault, from its definition. */
export function faultsPage(): string {
  const faults = FAULTS.map(describeFault)
  return page(
    generatedFrom('the definitions in src/faults/'),
    '# Faults',
    INTRODUCTION,
    table(
      ['type', 'what it does'],
      faults.map(({ type, summary }) => [`[\`${type}\`](#${type})`, summary]),
    ),
    ...faults.map((fault) => section(fault).trimEnd()),
  )
}

function section(fault: FaultDescription): string {
  return page(`## ${fault.type}`, fault.summary, `Effect: ${EFFECTS[fault.effect]}.`, attributes(fault), fault.details)
}

function attributes(fault: FaultDescription): string {
  if (fault.toxic === null) return 'Toxiproxy has no such toxic: its clients do not see this fault.'
  if (fault.toxic.length === 0) return 'It has no attributes.'
  const rows = fault.toxic.map(({ name, unit }) => [`\`${name}\``, unit, meaning(fault, name)])
  return table(['attribute', 'unit', 'meaning'], rows)
}

/** That of the parameter of the same name. */
function meaning({ type, schema }: FaultDescription, name: string): string {
  const parameter = schema.properties?.[name]
  if (typeof parameter === 'object' && parameter.description !== undefined) return parameter.description
  throw new Error(`${type} has no parameter that says what its toxic's attribute ${name} means`)
}
