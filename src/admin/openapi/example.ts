import { isFields } from '../../core/fields.ts'
import type { JsonSchema } from './types.ts'

/** Deeper than any shape of ours. */
const DEEPEST = 12

/**
 * A value that fits a schema: the example that it has, or the least that it asks for.
 *
 * @param all what `#/components/schemas/` refers to.
 */
export function exampleOf(schema: JsonSchema, all: Readonly<Record<string, JsonSchema>>, depth = 0): unknown {
  if (depth > DEEPEST) return null
  const { $ref, examples, type } = schema
  if (typeof $ref === 'string') return exampleOf(all[$ref.split('/').at(-1) ?? ''] ?? {}, all, depth + 1)
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if ('const' in schema) return schema['const']
  if ('default' in schema) return schema['default']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const [choice] = listIn(schema['oneOf']).concat(listIn(schema['anyOf']))
  if (choice !== undefined) return exampleOf(choice, all, depth + 1)
  const parts = listIn(schema['allOf']).map((part) => exampleOf(part, all, depth + 1))
  if (type === 'object' || parts.length > 0) return Object.assign({}, ...parts, ofProperties(schema, all, depth))
  if (type === 'array') return [exampleOf(asSchema(schema['items']), all, depth + 1)]
  if (type === 'integer' || type === 'number') return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1
  if (type === 'boolean') return true
  if (type === 'null') return null
  return schema['format'] === 'date-time' ? '2026-01-01T00:00:00.000Z' : 'text'
}

/** Those that have to be there. */
function ofProperties(schema: JsonSchema, all: Readonly<Record<string, JsonSchema>>, depth: number): object {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const wanted = Object.entries(asSchema(schema['properties'])).filter(([name]) => required.includes(name))
  return Object.fromEntries(wanted.map(([name, field]) => [name, exampleOf(asSchema(field), all, depth + 1)]))
}

function listIn(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.map(asSchema) : []
}

function asSchema(value: unknown): JsonSchema {
  return isFields(value) ? value : {}
}
