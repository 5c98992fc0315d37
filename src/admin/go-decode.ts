import { badBody, type JsonNode } from './go-json.ts'

/**
 * From JSON values to typed fields, as Go's decoder does it: keys in any letter case, unknown keys ignored, the last of several
 * wins, `null` = not given, and the first wrong type (in the order of the body) is what is reported.
 */

/** What a struct is called in the texts of refusals. */
export interface GoStruct {
  /** In front of a field: `Proxy` in `Proxy.name`. */
  readonly name: string
  /** As the type of a whole value: `toxiproxy.Proxy`. */
  readonly type: string
}

/** One field to be read; `value` stays undefined when the body does not give it. */
export class Field<T> {
  readonly goType: string
  readonly #convert: (node: JsonNode) => T | undefined
  value: T | undefined

  /** `convert` answers undefined for a value of the wrong type. */
  constructor(goType: string, convert: (node: JsonNode) => T | undefined) {
    this.goType = goType
    this.#convert = convert
  }

  /** `false`: the value is of the wrong type. */
  read(node: JsonNode): boolean {
    if (node.kind === 'null') return true
    const value = this.#convert(node)
    if (value === undefined) return false
    this.value = value
    return true
  }
}

export const stringField = (): Field<string> =>
  new Field('string', (node) => (node.kind === 'string' ? node.value : undefined))

export const boolField = (): Field<boolean> =>
  new Field('bool', (node) => (node.kind === 'bool' ? node.value : undefined))

/** Rounded to a 32-bit float, as Toxiproxy stores a toxicity. */
export const float32Field = (): Field<number> =>
  new Field('float32', (node) => {
    const value = node.kind === 'number' ? Math.fround(Number(node.text)) : Number.NaN
    return Number.isFinite(value) ? value : undefined
  })

export const float64Field = (): Field<number> =>
  new Field('float64', (node) => {
    const value = node.kind === 'number' ? Number(node.text) : Number.NaN
    return Number.isFinite(value) ? value : undefined
  })

/** Fractions and exponents are refused even where the value is whole: Go reads the digits, not the number. */
export const int64Field = (): Field<bigint> =>
  new Field('int64', (node) => {
    if (node.kind !== 'number' || !/^-?\d+$/.test(node.text)) return undefined
    const value = BigInt(node.text)
    return BigInt.asIntN(64, value) === value ? value : undefined
  })

/** An object to be read later, when its shape is known. */
export const objectField = (goType: string): Field<JsonNode> =>
  new Field(goType, (node) => (node.kind === 'object' ? node : undefined))

/** Reads `node` into `fields` (keys in lower case). A `null` in place of the struct gives nothing. */
export function decodeStruct(node: JsonNode, struct: GoStruct, fields: Readonly<Record<string, Field<unknown>>>): void {
  const errors = new TypeErrors()
  readStruct(node, struct, fields, errors)
  errors.throwFirst()
}

/** Reads each element of an array with fields of its own. A `null` in place of the array is an empty one. */
export function decodeStructs<F extends Readonly<Record<string, Field<unknown>>>>(
  node: JsonNode,
  struct: GoStruct,
  makeFields: () => F,
): readonly F[] {
  if (node.kind === 'null') return []
  if (node.kind !== 'array')
    throw badBody(`json: cannot unmarshal ${describe(node)} into Go value of type []${struct.type}`)
  const errors = new TypeErrors()
  const entries = node.items.map((item) => {
    const fields = makeFields()
    readStruct(item, struct, fields, errors)
    return fields
  })
  errors.throwFirst()
  return entries
}

/** Parsing goes on after a wrong type; the first one is reported at the end. */
class TypeErrors {
  #first: string | undefined

  add(text: string): void {
    this.#first ??= text
  }

  throwFirst(): void {
    if (this.#first !== undefined) throw badBody(this.#first)
  }
}

function readStruct(
  node: JsonNode,
  struct: GoStruct,
  fields: Readonly<Record<string, Field<unknown>>>,
  errors: TypeErrors,
): void {
  if (node.kind === 'null') return
  if (node.kind !== 'object') {
    errors.add(`json: cannot unmarshal ${describe(node)} into Go value of type ${struct.type}`)
    return
  }
  for (const { key, value } of node.members) {
    const name = key.toLowerCase()
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined || field.read(value)) continue
    errors.add(
      `json: cannot unmarshal ${describe(value, field.goType)} into Go struct field ${struct.name}.${name} of type ${field.goType}`,
    )
  }
}

const NUMERIC = new Set(['float32', 'float64', 'int64'])

/** A number where a number is wanted is shown with its text: its kind is right, its value is not. */
function describe(node: JsonNode, goType = ''): string {
  return node.kind === 'number' && NUMERIC.has(goType) ? `number ${node.text}` : node.kind
}
