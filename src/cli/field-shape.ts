import type { ParamsJsonSchema } from '../faults/index.ts'

/** What of a field's JSON Schema decides how it is written on the command line. Alternatives (`anyOf`) are added up. */
export interface FieldShape {
  /** Takes plain numbers. */
  readonly number: boolean
  /** Takes any text. */
  readonly text: boolean
  readonly boolean: boolean
  /** Takes `null`; an empty text stands for it. */
  readonly none: boolean
  /** The words it takes, if it takes some. */
  readonly words: readonly string[]
  /** Of an object: its fields by name. */
  readonly fields: Readonly<Record<string, ParamsJsonSchema>>
  /** Of an object with names that anybody chooses: what they stand for. */
  readonly values: ParamsJsonSchema | undefined
  /** Of a list: its items. */
  readonly items: ParamsJsonSchema | undefined
}

export function shapeOf(schema: ParamsJsonSchema): FieldShape {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema)
  const shapes = alternatives.map((each) => shapeOf(each))
  const words = wordsOf(schema)
  const types: ReadonlySet<unknown> = new Set([schema.type].flat())
  return {
    number: types.has('number') || types.has('integer') || shapes.some(({ number }) => number),
    text: (types.has('string') && words.length === 0) || shapes.some(({ text }) => text),
    boolean: types.has('boolean') || shapes.some(({ boolean }) => boolean),
    none: types.has('null') || shapes.some(({ none }) => none),
    words: [...new Set([...words, ...shapes.flatMap((shape) => shape.words)])],
    fields: Object.fromEntries([
      ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
        const field = schemaIn(each)
        return field === undefined ? [] : [[name, field] as const]
      }),
      ...shapes.flatMap(({ fields }) => Object.entries(fields)),
    ]),
    values: schemaIn(schema.additionalProperties) ?? shapes.find(({ values }) => values !== undefined)?.values,
    items: itemsOf(schema) ?? shapes.find(({ items }) => items !== undefined)?.items,
  }
}

/** Takes key=value lists. */
export function isObject({ fields, values }: FieldShape): boolean {
  return values !== undefined || Object.keys(fields).length > 0
}

/** A list whose items are single values; others can be given as JSON alone. */
export function isSimpleList({ items }: FieldShape): boolean {
  if (items === undefined) return false
  const shape = shapeOf(items)
  return !isObject(shape) && shape.items === undefined
}

/** `unit`, `accepts` and the like: texts that the schema carries beside what JSON Schema knows. */
export function textIn(schema: ParamsJsonSchema, key: string): string | undefined {
  const value: unknown = schema[key]
  return typeof value === 'string' ? value : undefined
}

function wordsOf({ enum: choices, const: only }: ParamsJsonSchema): readonly string[] {
  return [...(choices ?? []), only].filter((word) => typeof word === 'string')
}

function itemsOf({ type, items, prefixItems }: ParamsJsonSchema): ParamsJsonSchema | undefined {
  if (type !== 'array') return undefined
  // Of a tuple the items differ; it is no list that could be written with commas.
  if (prefixItems !== undefined) return { type: 'array', items: {} }
  return schemaIn(Array.isArray(items) ? undefined : items) ?? {}
}

function schemaIn(value: unknown): ParamsJsonSchema | undefined {
  return isSchema(value) ? value : undefined
}

function isSchema(value: unknown): value is ParamsJsonSchema {
  return typeof value === 'object' && value !== null
}
