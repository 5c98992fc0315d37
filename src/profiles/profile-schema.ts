import { z } from 'zod'
import { limitFields } from '../faults/common-fields.ts'
import { span } from '../faults/field-kinds.ts'
import { LONGEST_DESCRIPTION, LONGEST_LABEL, MOST_EXTENDED, MOST_FAULTS, MOST_LABELS } from './bounds.ts'
import { faultSchemas } from './fault-schema.ts'
import { isSchema, type JsonSchema, propertiesOf, tidied } from './json-schema.ts'
import { VARIABLE, withVariables } from './schema-variables.ts'

export interface SchemaParts {
  /** Of a proxy, its name left out. */
  readonly proxy: JsonSchema
}

const VAR: JsonSchema = { type: ['string', 'number', 'boolean'] }

const NAME = '^[A-Za-z_][A-Za-z0-9_-]{0,99}$'

/**
 * JSON Schema (2020-12) of a profile, for editors and for whoever writes profiles by program. What depends on several fields, or on what is running,
 * is not in it: a profile that it takes can still be refused, and none that it refuses is taken, unless a field is left empty.
 */
export function profileSchema({ proxy }: SchemaParts): JsonSchema {
  const { fault, definitions } = faultSchemas()
  const duration = tidied(z.toJSONSchema(span(), { io: 'input' }))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Foulweather profile',
    description: 'Proxies and faults that are activated and deactivated together.',
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'For editors; nothing else is done with it.' },
      description: { type: 'string', maxLength: LONGEST_DESCRIPTION, description: 'What it stands for.' },
      active: { type: 'boolean', default: false, description: 'It is activated as soon as it is loaded at the start.' },
      extends: {
        description: 'Profiles that it adds to, by name; the first one is applied first.',
        anyOf: [name(), { type: 'array', items: name(), maxItems: MOST_EXTENDED }],
      },
      vars: {
        description:
          'Variables, used as ${name} in proxies and faults: their default values, which an activation can replace.',
        type: 'object',
        propertyNames: { pattern: NAME },
        additionalProperties: { anyOf: [VAR, { type: 'null' }, declaredVar()] },
      },
      proxies: {
        description: 'Proxies by name. They are there while the profile is active.',
        type: 'object',
        propertyNames: { minLength: 1, not: { pattern: '\\$\\{' } },
        additionalProperties: { $ref: '#/$defs/proxy' },
      },
      faults: {
        description: 'Faults, in the order in which bytes pass them. They work while the profile is active.',
        type: 'array',
        maxItems: MOST_FAULTS,
        items: { $ref: '#/$defs/fault' },
      },
      ttl: described(duration, 'How long an activation lasts that does not say so itself.'),
      lease: described(
        duration,
        'An activation that does not say so itself ends unless it is renewed within this long, again and again.',
      ),
      limits: described(
        tidied(z.toJSONSchema(limitFields, { io: 'input' })),
        'Bounds of what all its faults together do.',
      ),
      labels: {
        description: 'Texts by name, for whoever looks at profiles.',
        type: 'object',
        maxProperties: MOST_LABELS,
        additionalProperties: { type: 'string', maxLength: LONGEST_LABEL, not: { pattern: '\\$\\{' } },
      },
    },
    additionalProperties: false,
    $defs: { variable: VARIABLE, proxy: proxySchema(proxy), fault, ...definitions },
  }
}

function name(): JsonSchema {
  return { type: 'string', minLength: 1, not: { pattern: '\\$\\{' } }
}

function declaredVar(): JsonSchema {
  return {
    type: 'object',
    properties: {
      default: { ...VAR, description: 'Its value unless another is given. Without one it has to be set.' },
      description: { type: 'string', description: 'What it is for.' },
    },
    additionalProperties: false,
  }
}

function described(schema: JsonSchema, text: string): JsonSchema {
  const { description } = schema
  return { ...schema, description: typeof description === 'string' ? `${text} ${description}` : text }
}

function proxySchema(proxy: JsonSchema): JsonSchema {
  return { description: 'A proxy.', ...withNulls(withVariables(tidied(proxy))) }
}

/** Each field can be `null`, which takes away what a profile that is extended has said. */
function withNulls(schema: JsonSchema): JsonSchema {
  const { required: _required, ...rest } = schema
  const fields = [...propertiesOf(schema)].map(([field, each]) => [field, orNull(withNulls(each))])
  return fields.length === 0 ? schema : { ...rest, properties: Object.fromEntries(fields) }
}

function orNull(schema: JsonSchema): JsonSchema {
  const { description, ...form } = schema
  const forms = Array.isArray(form['anyOf']) && Object.keys(form).length === 1 ? form['anyOf'].filter(isSchema) : [form]
  return { ...(description === undefined ? {} : { description }), anyOf: [...forms, { type: 'null' }] }
}
