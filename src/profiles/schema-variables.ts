import { isSchema, type JsonSchema } from './json-schema.ts'

/** A text in which there is a variable. */
export const VARIABLE: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{',
  description: 'A variable: ${name}, ${env:NAME} or ${env:NAME:-default}.',
}

const REFERENCE: JsonSchema = { $ref: '#/$defs/variable' }

/** What is said of a value as a whole, whatever form it has. */
const ABOUT = new Set(['title', 'description', 'default'])

/** The same schema, but wherever it takes a single value of a certain kind it takes a text with a variable as well. */
export function withVariables(schema: JsonSchema): JsonSchema {
  const inside = withVariablesInside(schema)
  if (!takesSingle(schema) || takesAnyText(schema)) return inside
  if (Array.isArray(inside['anyOf'])) return { ...inside, anyOf: [...inside['anyOf'], REFERENCE] }
  const about = Object.entries(inside).filter(([key]) => ABOUT.has(key))
  const form = Object.entries(inside).filter(([key]) => !ABOUT.has(key))
  return { ...Object.fromEntries(about), anyOf: [Object.fromEntries(form), REFERENCE] }
}

function withVariablesInside(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties' && isSchema(value)) return [key, mapped(value, withVariables)]
      if (key === 'items' || key === 'additionalProperties')
        return [key, isSchema(value) ? withVariables(value) : value]
      if (key === 'anyOf' && Array.isArray(value)) return [key, value.map(inside)]
      return [key, value]
    }),
  )
}

function inside(schema: unknown): unknown {
  return isSchema(schema) ? withVariablesInside(schema) : schema
}

function mapped(schemas: JsonSchema, map: (schema: JsonSchema) => JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, isSchema(each) ? map(each) : each]))
}

const SINGLE = new Set<unknown>(['string', 'number', 'integer', 'boolean'])

function typesOf({ type }: JsonSchema): readonly unknown[] {
  return Array.isArray(type) ? type : [type]
}

function branches({ anyOf }: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(anyOf) ? anyOf.filter(isSchema) : []
}

function takesSingle(schema: JsonSchema): boolean {
  return typesOf(schema).some((type) => SINGLE.has(type)) || branches(schema).some(takesSingle)
}

const OF_TEXTS = ['enum', 'const', 'pattern', 'allOf', 'maxLength']

function takesAnyText(schema: JsonSchema): boolean {
  const isFree = typesOf(schema).includes('string') && !OF_TEXTS.some((key) => key in schema)
  return isFree || branches(schema).some(takesAnyText)
}
