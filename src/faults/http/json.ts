/**
 * JSON whose numbers keep the digits that they came with: 12345678901234567890 would become another number as a JavaScript one, and 1.0
 * become 1.
 */

interface RawJson {
  readonly rawJSON: string
}

/** What the language has (ECMAScript 2025 proposal "JSON.parse source text access"), and the types of TypeScript do not know yet. */
interface JsonWithSources {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
  stringify(value: unknown): string
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are there in every version of Node that is supported
const json = JSON as unknown as JsonWithSources

/** @throws SyntaxError for what is no JSON, RangeError for what is nested too deep. */
export function readJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
  )
}

/** @throws RangeError for what is nested too deep. */
export function writeJson(value: unknown): string {
  return json.stringify(value)
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value)
}
