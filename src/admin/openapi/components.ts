import { z } from 'zod'
import type { JsonSchema } from './types.ts'

type Io = 'input' | 'output'

const PREFIX = '#/components/schemas/'

/**
 * Collects schemas that have a name (`.meta({ id })`), and refers to them. What is written and what is answered can differ under one name, by
 * defaults and by further fields: then what is written gets a name of its own.
 */
export class Components {
  readonly #schemas: Readonly<Record<Io, Map<string, JsonSchema>>> = { input: new Map(), output: new Map() }
  readonly #defined = new Set<string>()

  /** @param io whether it is written to the server, or answered by it. */
  add(schema: z.ZodType, io: Io): JsonSchema {
    const { $schema: _dialect, $defs = {}, ...root } = z.toJSONSchema(schema, { io, override: tidy })
    for (const [id, definition] of Object.entries($defs)) this.#put(id, io, withoutId(definition))
    return refersTo(root, io)
  }

  /** A schema that is made otherwise, whatever stands in its place. */
  define(id: string, io: Io, schema: JsonSchema): void {
    this.#schemas[io].set(id, refersTo(schema, io))
    this.#defined.add(id)
  }

  #put(id: string, io: Io, schema: JsonSchema): void {
    if (this.#defined.has(id)) return
    const given = refersTo(schema, io)
    const known = this.#schemas[io].get(id)
    if (known !== undefined && !isSame(known, given)) throw new Error(`two schemas are called ${id}`)
    this.#schemas[io].set(id, given)
  }

  /** A document that holds what `add` has answered, with the names that schemas have in the end, and these. */
  finish<Document extends object>(
    document: Document,
  ): Document & { readonly schemas: Readonly<Record<string, JsonSchema>> } {
    const apart = this.#apart()
    const nameOf = (id: string, io: Io): string => (io === 'input' && apart.has(id) ? `${id}Input` : id)
    const named = (['output', 'input'] as const).flatMap((io) =>
      [...this.#schemas[io]].map(([id, schema]) => [nameOf(id, io), schema] as const),
    )
    const schemas = Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
    const rename = (_key: string, value: unknown): unknown => {
      if (typeof value !== 'string' || !value.startsWith(PREFIX)) return value
      const [, io, id = '', rest = ''] = /^(input|output):([^/]+)(.*)$/.exec(value.slice(PREFIX.length)) ?? []
      return io === 'input' || io === 'output' ? `${PREFIX}${nameOf(id, io)}${rest}` : value
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy of what was given, but for some of its texts
    return JSON.parse(JSON.stringify({ ...document, schemas }, rename)) as ReturnType<typeof this.finish<Document>>
  }

  /** The names under which what is written differs from what is answered, or refers to something that does. */
  #apart(): ReadonlySet<string> {
    const { input, output } = this.#schemas
    const apart = new Set<string>()
    for (let before = -1; before < apart.size;) {
      before = apart.size
      for (const [id, schema] of input) {
        if (!output.has(id) || apart.has(id)) continue
        const written = comparable(schema)
        const refersApart = [...apart].some((other) => written.includes(`"${PREFIX}output:${other}"`))
        if (refersApart || written !== comparable(output.get(id))) apart.add(id)
      }
    }
    return apart
  }
}

/** Without what only says which of both it is. */
function comparable(schema: JsonSchema | undefined): string {
  return (JSON.stringify(schema) ?? '').replaceAll(`${PREFIX}input:`, `${PREFIX}output:`)
}

function isSame(a: JsonSchema, b: JsonSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function withoutId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema
}

/** Which of both it is stands in the reference until all are known. */
function refersTo(schema: JsonSchema, io: Io): JsonSchema {
  const rename = (key: string, value: unknown): unknown =>
    key === '$ref' && typeof value === 'string' ? value.replace(/^#\/\$defs\//, `${PREFIX}${io}:`) : value
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy of what was given, but for some of its texts
  return JSON.parse(JSON.stringify(schema, rename)) as JsonSchema
}

/** What says nothing to a reader: the pattern of an instant, and that a number is one that JavaScript can hold. */
function tidy({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
}
