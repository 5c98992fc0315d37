import { describeCommonFields, SELECTING_FIELDS } from '../faults/common-fields.ts'
import { describeFault, type FaultDescription, FAULTS } from '../faults/index.ts'
import { MOST_TARGETS } from './bounds.ts'
import { type JsonSchema, propertiesOf, tidied } from './json-schema.ts'
import { withVariables } from './schema-variables.ts'

/** A fault of a profile, and the definitions that this refers to. */
export interface FaultSchemas {
  readonly fault: JsonSchema
  readonly definitions: JsonSchema
}

const TARGET: JsonSchema = { type: 'string', minLength: 1 }

const ON: JsonSchema = {
  description:
    'The proxies that it is on: a name, a glob such as "pg-*" (`*` for any run of characters, `?` for one), or a list of these.',
  anyOf: [TARGET, { type: 'array', items: TARGET, minItems: 1, maxItems: MOST_TARGETS }],
}

/** A profile is renewed as a whole. */
const NOT_OF_PROFILES = new Set(['lease'])

const definitionOf = (field: string): string => `field.${field}`
const faultOf = (type: string): string => `fault.${type}`
const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

/** Made of the same definitions as the API. */
export function faultSchemas(): FaultSchemas {
  const common = new Map(
    [...propertiesOf(describeCommonFields())]
      .filter(([name]) => name !== 'type' && !NOT_OF_PROFILES.has(name))
      .map(([name, schema]) => [name, withVariables(tidied(schema))] as const),
  )
  const descriptions = FAULTS.map(describeFault)
  const definitions = {
    [definitionOf('on')]: ON,
    ...Object.fromEntries([...common].map(([name, schema]) => [definitionOf(name), schema])),
    ...Object.fromEntries(descriptions.map((each) => [faultOf(each.type), schemaOf(each, [...common.keys()])])),
  }
  return { definitions, fault: anyFault(descriptions) }
}

/** The type decides; one that is a variable can be anything. */
function anyFault(descriptions: readonly FaultDescription[]): JsonSchema {
  const types = descriptions.map(({ type, summary }) => ({ const: type, description: summary }))
  return {
    type: 'object',
    required: ['on', 'type'],
    properties: {
      on: reference(definitionOf('on')),
      type: {
        description: 'What it does.',
        anyOf: [...types, { ...reference('variable') }],
      },
    },
    allOf: descriptions.map(({ type }) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      // oxlint-disable-next-line unicorn/no-thenable -- the word of JSON Schema
      then: reference(faultOf(type)),
    })),
  }
}

function schemaOf(description: FaultDescription, common: readonly string[]): JsonSchema {
  const { type, summary, schema } = description
  const params = [...propertiesOf(schema)].map(([name, param]) => [name, withVariables(tidied(param))] as const)
  const shared = common.filter((name) => isTaken(name, description))
  const required = (schema.required ?? []).filter((name) => name !== 'body')
  return {
    title: type,
    description: summary,
    type: 'object',
    properties: {
      on: reference(definitionOf('on')),
      type: { const: type, description: summary },
      ...Object.fromEntries(shared.map((name) => [name, commonSchema(name, description)])),
      ...Object.fromEntries(params),
      ...bodyFile(params.map(([name]) => name)),
    },
    additionalProperties: false,
    // Outcomes and ramps say themselves what they are about.
    ...(required.length === 0 ? {} : { anyOf: [{ required }, { required: ['outcomes'] }, { required: ['ramp'] }] }),
  }
}

function isTaken(name: string, { directions, parts }: FaultDescription): boolean {
  if (name === 'part' && parts.length === 0) return false
  return directions.length > 0 || !SELECTING_FIELDS.some((field) => field === name)
}

/** Some fields depend on the type. */
function commonSchema(name: string, { directions, per, parts }: FaultDescription): JsonSchema {
  const shared = reference(definitionOf(name))
  if (name === 'direction') return { allOf: [shared, withVariables({ type: 'string', enum: directions })] }
  // With `part: body` there is an exchange to draw for.
  const all = parts.includes('body') ? [...new Set([...per, 'exchange', 'session'])] : per
  if (name === 'per') return { allOf: [shared, withVariables({ type: 'string', enum: all })] }
  return shared
}

function bodyFile(params: readonly string[]): JsonSchema {
  if (!params.includes('body') || params.includes('body_file')) return {}
  const description =
    'Instead of `body`: a file below the directory that the server was started with (`--files`), which is read when the profile is.'
  return { body_file: { type: 'string', description } }
}
