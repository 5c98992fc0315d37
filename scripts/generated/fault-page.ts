import { addLine } from '../../src/cli/fault-example.ts'
import { shapeOf, textIn } from '../../src/cli/field-shape.ts'
import { parametersOf } from '../../src/cli/fault-flags.ts'
import { showQuantity } from '../../src/cli/quantity.ts'
import { SELECTING_FIELDS } from '../../src/faults/common-fields.ts'
import type { FaultDefinition } from '../../src/faults/define.ts'
import {
  describeFault,
  effectOf,
  type FaultDescription,
  type ParamsJsonSchema,
  parseParams,
} from '../../src/faults/index.ts'
import { httpTranscript } from './http-transcript.ts'
import { generatedFrom, page, table } from './markdown.ts'
import { plot } from './plot.ts'
import { entranceTranscript } from './run-entrance.ts'
import { runHttp } from './run-http.ts'
import { runStage, type StageRun } from './run-stage.ts'
import { tlsTranscript } from './run-tls.ts'
import { plotScenario, transcriptScenario } from './scenario.ts'
import { stageTranscript } from './transcript.ts'

type Effect = FaultDescription['effect']

const EFFECTS: Readonly<Record<Effect, string>> = {
  timing: 'timing: every byte arrives, in order, at another time',
  content: 'content: bytes arrive changed',
  loss: 'loss: bytes do not arrive',
  ending: 'ending: the connection ends early',
}

/** Where bytes of a connection are not what it is about. */
const EFFECTS_BY_LAYER: Readonly<Record<string, Partial<Record<Effect, string>>>> = {
  http: {
    timing: 'timing: messages arrive as they were sent, at another time',
    content: 'content: another message arrives than was sent',
    ending: 'ending: the exchange ends early, and its connection with it',
  },
  tls: {
    timing: 'timing: the handshake takes longer',
    ending: 'ending: the handshake fails',
  },
}

/** The proxy of the examples. */
const EXAMPLE_PROXIES: Readonly<Record<string, string>> = { http: 'cdn', tls: 'shop' }

/** docs/faults/<type>.md: all about one fault, from its definition and from runs of its example. */
export async function faultPage(definition: FaultDefinition): Promise<string> {
  const fault = describeFault(definition)
  return page(
    generatedFrom(`the definition of ${fault.type} in src/faults/`),
    `# ${fault.type}`,
    fault.summary,
    facts(fault),
    '## Parameters',
    parameters(fault),
    '## Example',
    example(fault),
    '## What it does',
    fault.details,
    ...(fault.emulation === null
      ? []
      : [
          '## Model',
          `It imitates its cause by a model: ${fault.emulation.model}.`,
          `Where that holds: ${fault.emulation.valid}.`,
        ]),
    '## At work',
    ...(await atWork(definition, fault)),
    '## As a toxic',
    toxic(fault),
  )
}

function facts(fault: FaultDescription): string {
  const { layer, effect } = fault
  return [
    `Effect: ${EFFECTS_BY_LAYER[layer]?.[effect] ?? EFFECTS[effect]}.`,
    ...directionFacts(fault),
    ...workFacts(fault),
    'It has the [fields that every fault has](../faults.md#fields-that-every-fault-has).',
  ].join(' ')
}

function directionFacts({ layer, directions }: FaultDescription): readonly string[] {
  const [first = '', ...others] = directions
  if (directions.length === 0) {
    const refused = SELECTING_FIELDS.map((field) => `\`${field}\``)
    return [`It acts on the whole proxy: it takes no ${refused.slice(0, -1).join(', ')} or ${refused.at(-1)}.`]
  }
  // An exchange or a handshake has both: there is nothing to choose.
  if (others.length === 0) return first === 'both' && layer !== 'connection' ? [] : [`Direction: \`${first}\`.`]
  return [`Directions: \`${first}\` (the default), ${others.map((word) => `\`${word}\``).join(', ')}.`]
}

/** What it is decided upon for. */
function workFacts({ layer, per, parts }: FaultDescription): readonly string[] {
  if (layer === 'http') {
    const session = per.includes('session') ? ' (with `per: session`, for each session)' : ''
    return [
      `It works on proxies with [protocol \`http\`](../http.md), and its \`probability\` is drawn for each exchange${session}.`,
    ]
  }
  if (layer === 'tls') return ['It works on the [TLS handshakes](../tls.md#faults-on-handshakes) of clients.']
  const drawn =
    per.length < 2 ? [] : [`Its \`probability\` can be drawn per ${per.map((word) => `\`${word}\``).join(' or ')}.`]
  const body =
    'On proxies with [protocol `http`](../http.md) it works on connections, or with `part: body` on the bodies of messages.'
  return parts.length < 2 ? drawn : [...drawn, body]
}

function parameters(fault: FaultDescription): string {
  const rows = Object.entries(parametersOf(fault)).flatMap(([name, schema]) =>
    row(name, schema, fault.schema.required?.includes(name) === true),
  )
  return rows.length === 0 ? 'It has none.' : table(['parameter', 'accepts', 'default', 'meaning'], rows)
}

/** Of an object one row for each of its parts, too. */
function row(name: string, schema: ParamsJsonSchema, required: boolean): readonly (readonly string[])[] {
  const { fields } = shapeOf(schema)
  const fallback = schema.default === undefined ? '' : `\`${showQuantity(textIn(schema, 'unit'), schema.default)}\``
  const own = [`\`${name}\``, accepts(schema), required ? 'required' : fallback, schema.description ?? '']
  const parts = Object.entries(fields).flatMap(([part, inner]) =>
    row(`${name}.${part}`, inner, schema.required?.includes(part) === true),
  )
  return [own, ...parts]
}

function accepts(schema: ParamsJsonSchema): string {
  const { words, number, text, boolean, fields, values, items } = shapeOf(schema)
  const said = textIn(schema, 'accepts')
  const unit = textIn(schema, 'unit')
  const kinds = [
    ...(said === undefined ? [] : [said]),
    ...words.map((word) => `\`${word}\``),
    ...(boolean ? ['true or false'] : []),
    ...(said === undefined && number ? [unit === undefined ? 'a number' : `a number (${unit})`] : []),
    ...(said === undefined && text ? ['a text'] : []),
    ...(said === undefined && (values !== undefined || Object.keys(fields).length > 0) ? ['an object'] : []),
    ...(said === undefined && items !== undefined ? ['a list'] : []),
  ]
  return kinds.join(', ')
}

function example(fault: FaultDescription): string {
  const { type, layer, example } = fault
  const proxy = EXAMPLE_PROXIES[layer] ?? 'pg'
  const body = JSON.stringify({ type, ...example }).replaceAll("'", String.raw`'\''`)
  return page(
    'On the command line:',
    `\`\`\`sh\n${addLine(proxy, fault)}\n\`\`\``,
    'By REST:',
    `\`\`\`sh\ncurl -s http://127.0.0.1:8474/v1/proxies/${proxy}/faults -d '${body}'\n\`\`\``,
  ).trimEnd()
}

async function atWork(definition: FaultDefinition, fault: FaultDescription): Promise<readonly string[]> {
  const shown = faultPlot(definition) === undefined ? [] : [`![bytes sent and delivered over time](${fault.type}.svg)`]
  if (fault.layer === 'http') {
    return [
      `Made by sending requests through a real proxy with the example above, on a clock that jumps to what is due: what a run shows, without the noise of a machine.
What is sent on byte for byte is called unchanged; what depends on the time of the day stands between angle brackets.`,
      fenced(httpTranscript(await runHttp(definition))),
      ...shown,
    ]
  }
  if (fault.layer === 'tls') {
    return [
      `Made by connecting Node's own TLS client to a real proxy that ends TLS and has the example above, on a clock that jumps to what is due. The errors are those of Node.`,
      fenced(await tlsTranscript(definition)),
    ]
  }
  const scenario = transcriptScenario(fault)
  const run = runStage(definition, scenario)
  const entrance = entranceTranscript(definition, scenario)
  return [
    'Made by running the example above on a clock that jumps: what a run on real sockets shows, without the noise of a machine.',
    ...(run === undefined ? [] : [fenced(stageTranscript(run))]),
    ...(entrance === undefined ? [] : [`New connections:`, fenced(entrance)]),
    ...shown,
  ]
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``
}

/** docs/faults/<type>.svg; `undefined` where there is nothing to see. */
export function faultPlot(definition: FaultDefinition): string | undefined {
  const run = runStage(definition, plotScenario(describeFault(definition)))
  const effect = effectOf(definition, parseParams(definition.type, definition.example))
  if (run === undefined || effect === 'content' || !isVisible(run)) return undefined
  return plot(`${definition.type}: bytes sent and delivered`, run, effect === 'timing')
}

/** Something came out at another time than it was sent, or not at all. */
function isVisible({ sent, out, abort }: StageRun): boolean {
  return abort !== undefined || out.length !== sent.length || out.some(({ at }, index) => at !== sent[index]?.at)
}

function toxic(fault: FaultDescription): string {
  if (fault.toxic === null) return 'Toxiproxy has no such toxic: its clients do not see this fault.'
  if (fault.toxic.length === 0) return "Toxiproxy's clients see it as a toxic without attributes."
  const rows = fault.toxic.map(({ name, unit }) => [`\`${name}\``, unit, meaning(fault, name)])
  return page(
    "Toxiproxy's clients see it with these attributes:",
    table(['attribute', 'unit', 'meaning'], rows),
  ).trimEnd()
}

/** That of the parameter of the same name. */
function meaning(fault: FaultDescription, name: string): string {
  const description = parametersOf(fault)[name]?.description
  if (description !== undefined) return description
  throw new Error(`${fault.type} has no parameter that says what its toxic's attribute ${name} means`)
}
