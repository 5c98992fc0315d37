/** A JSON Schema, or a part of one, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The schemas of the properties of an object, by name. */
export function propertiesOf(schema: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const { properties } = schema
  const entries = isSchema(properties) ? Object.entries(properties) : []
  return new Map(entries.filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])))
}

/** What is no constraint, or one that validators do not know. */
const DROPPED = new Set(['$schema', 'unit', 'accepts', 'format'])

/**
 * A schema without what is there for our own use. What a value may look like goes into the description, which is what editors show.
 */
export function tidied(schema: JsonSchema): JsonSchema {
  const { description, accepts } = schema
  const entries = Object.entries(schema)
    .filter(([key, value]) => !DROPPED.has(key) && !isNoBound(key, value))
    .map(([key, value]): [string, unknown] => [key, tidiedIn(key, value)])
  const text = [description, typeof accepts === 'string' ? `Takes ${accepts}.` : undefined].filter(Boolean).join(' ')
  return { ...Object.fromEntries(entries), ...(text === '' ? {} : { description: text }) }
}

function tidiedIn(key: string, value: unknown): unknown {
  if (key === 'properties' && isSchema(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, isSchema(each) ? tidied(each) : each]))
  }
  if (Array.isArray(value)) return value.map((each: unknown) => (isSchema(each) ? tidied(each) : each))
  return isSchema(value) && key !== 'default' ? tidied(value) : value
}

/** Of whole numbers: that they are exact. */
function isNoBound(key: string, value: unknown): boolean {
  return (
    (key === 'maximum' || key === 'minimum') && typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER
  )
}
