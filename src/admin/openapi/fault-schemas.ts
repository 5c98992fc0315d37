import { z } from 'zod'
import { commonFields, SELECTING_FIELDS, SHOWN_FIELDS } from '../../faults/common-fields.ts'
import { describeFault, FAULTS, type FaultDescription } from '../../faults/index.ts'
import type { Components } from './components.ts'
import type { JsonSchema } from './types.ts'

/** What may be written as a fault, from the definitions of the faults: one schema for each type, and one for patches. */
export function addFaultSchemas(components: Components): void {
  const define = (id: string, schema: JsonSchema) => components.define(id, 'input', schema)
  const descriptions = FAULTS.map(describeFault)
  define('FaultFields', {
    type: 'object',
    description: 'The fields that a fault may have beside its type and its parameters.',
    properties: COMMON,
  })
  define('ShownFaultFields', {
    type: 'object',
    description: 'What a fault is shown with may be sent back, and is passed over.',
    properties: Object.fromEntries(SHOWN_FIELDS.map((name) => [name, { readOnly: true }])),
  })
  for (const description of descriptions) define(idOf(description), faultSchema(description))
  define('FaultInput', {
    description:
      'A fault as it is written: its `type`, the parameters of that type, and the fields that every fault may have.',
    oneOf: descriptions.map((description) => ({ $ref: `#/$defs/${idOf(description)}` })),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(descriptions.map((each) => [each.type, `#/components/schemas/input:${idOf(each)}`])),
    },
    examples: [{ type: 'latency', latency: '250ms', jitter: '50ms', probability: '30%', ttl: '10m' }],
  })
  define('FaultPatch', {
    type: 'object',
    description:
      'What is given takes the place of what is there, `null` takes it away, or brings its default back; parameters of its type stand beside these fields. Name and type stay.',
    properties: Object.fromEntries(Object.entries(COMMON).map(([name, schema]) => [name, nullable(schema)])),
    additionalProperties: true,
    examples: [{ probability: 0.5 }, { probability: 1, schedule: null }],
  })
}

const { properties } = z.toJSONSchema(commonFields, { io: 'input' })
const { type: _type, ...COMMON }: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(properties ?? {}).map(([name, schema]) => [name, typeof schema === 'boolean' ? {} : schema]),
)

function idOf({ type }: FaultDescription): string {
  return `FaultInput.${type}`
}

function faultSchema(description: FaultDescription): JsonSchema {
  const { type, summary, directions, per, parts, schema, example } = description
  const { properties = {}, required = [] } = schema
  const none = Object.fromEntries(SELECTING_FIELDS.map((name) => [name, false]))
  const draws = [...new Set(parts.includes('body') ? [...per, 'exchange'] : per)]
  const choices = { direction: { enum: directions }, per: { enum: draws } }
  return {
    type: 'object',
    description: summary,
    allOf: [{ $ref: '#/$defs/FaultFields' }, { $ref: '#/$defs/ShownFaultFields' }],
    properties: {
      type: { const: type },
      ...(directions.length === 0 ? none : choices),
      ...properties,
      ...(Object.hasOwn(properties, 'body') ? BODY_FILE : {}),
    },
    required: ['type', ...required],
    unevaluatedProperties: false,
    examples: [{ type, ...example }],
  }
}

/** As control/allowed-files.ts reads it. */
const BODY_FILE = {
  body_file: { type: 'string', description: 'A file with the body, below the directory of `--files`.' },
}

function nullable({ description, ...schema }: JsonSchema): JsonSchema {
  return { description, anyOf: [schema, { type: 'null' }] }
}
