import { describeFault, FAULTS, type FaultDescription } from '../../src/faults/index.ts'
import { commonFieldsTable } from './common-fields.ts'
import { generatedFrom, page, table } from './markdown.ts'

const INTRODUCTION = `A fault is one configured misbehaviour of a proxy. It is added by command line or by REST; in both it is the same flat object, its parameters beside the fields
that every fault has.

\`\`\`sh
foulweather fault add pg latency --latency 250ms --jitter 50ms --direction downstream --ttl 5m
curl -s http://127.0.0.1:8474/v1/proxies/pg/faults -d '{"type":"latency","latency":"250ms","jitter":"50ms","ttl":"5m"}'
\`\`\`

Values have units: durations (\`250ms\`, \`1.5s\`, \`800us\`, \`5m\`; plain numbers are milliseconds), sizes (\`64KiB\`, \`1MB\`; bytes), rates (\`20KB/s\`, \`10mbit\`; bytes per second) and shares
(\`30%\`; 0 to 1).

Adding, changing and removing faults takes effect on live connections at once, and loses, doubles or reorders no byte that the fault does not drop on purpose. Bytes pass the faults of a
proxy in their order. What a fault has selected and done is in \`foulweather decisions\`.`

const TOXICS = `Those with a tick in the last column can also be added as a *toxic*, by any Toxiproxy client or with \`foulweather toxic add\`. Attributes of toxics have Toxiproxy's names. They are whole
numbers (shares may have decimals) in the units that the page of the fault gives, and 0 unless given; \`toxicity\` is the \`probability\`, \`stream\` the \`direction\`. The command line takes values with another unit too and converts
them: \`latency=1.5s\`, \`delay=2ms\`, \`bytes=64KiB\`, \`rate=1MB/s\`, \`rate=10mbit\`.`

const LAYERS: Readonly<Record<string, string>> = {
  transport: 'On the bytes of a connection',
  connection: 'On connections: how they come about, live and end',
  http: 'On exchanges of HTTP',
  tls: 'On TLS handshakes',
}

/** What has to be known before one of them is added. */
const NEEDS: Readonly<Record<string, string>> = {
  transport:
    'On proxies with protocol `http` they work on the connection, or with `part: body` on the bodies of messages.',
  http: 'They work on proxies with protocol `http`, for each request and its response: [Faults on HTTP](http.md).',
  tls: 'They work where clients begin with a TLS handshake, some of them only where the proxy ends TLS: [TLS](tls.md#faults-on-handshakes).',
}

/** docs/faults.md: the index of all faults, and what they have in common. */
export function faultsPage(): string {
  const faults = FAULTS.map(describeFault)
  const layers = [...new Set(faults.map(({ layer }) => layer))]
  return page(
    generatedFrom('the definitions in src/faults/'),
    '# Faults',
    INTRODUCTION,
    ...layers.map((layer) => section(layer, faults)),
    TOXICS,
    '## Fields that every fault has',
    commonFieldsTable(),
    'What acts on the whole proxy knows no sessions, and takes no `direction`, `probability`, `per`, `part`, `match`, `exclude`, `count`, `sticky_by`, `outcomes`, `existing` or `on_remove`. `exclude`, `count`, `sticky_by`, `outcomes`, and the parts of ' +
      '`match` that ask for something of a request or response, are for what works on exchanges: faults on HTTP, and faults on bytes with `part: body`. These take no `existing` and no `on_remove` ' +
      'but the defaults: [which exchanges](http.md#which-exchanges).',
  )
}

function section(layer: string, faults: readonly FaultDescription[]): string {
  const own = list(faults.filter((fault) => fault.layer === layer))
  const needs = NEEDS[layer]
  return [`## ${LAYERS[layer] ?? layer}`, ...(needs === undefined ? [] : [needs]), own].join('\n\n')
}

function list(faults: readonly FaultDescription[]): string {
  return table(
    ['type', 'effect', 'what it does', 'toxic'],
    faults.map(({ type, effect, summary, toxic }) => [
      `[\`${type}\`](faults/${type}.md)`,
      effect,
      summary,
      toxic === null ? '' : '✓',
    ]),
  )
}
