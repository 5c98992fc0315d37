import { isFields } from '../../core/fields.ts'
import { exampleOf } from '../openapi/example.ts'
import type { JsonSchema } from '../openapi/types.ts'
import { escapeHtml, prose, table } from './html.ts'

/** Schemas as a reader of the page sees them. */

export function schemaSection(name: string, schema: JsonSchema): string {
  const example = examplesIn(schema).map((value) => `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`)
  return `<section id="schema-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>${description(schema)}${fields(schema)}${example.join('')}</section>`
}

export type Schemas = Readonly<Record<string, JsonSchema>>

function description({ description }: JsonSchema): string {
  return typeof description === 'string' ? `<p>${prose(description)}</p>` : ''
}

/** The fields of an object, those of objects within it behind a dot; of a choice, what there is to choose from. */
function fields(schema: JsonSchema): string {
  const choices = [schema['oneOf'], schema['anyOf']].find(Array.isArray)
  if (choices !== undefined) return `<p>One of: ${choices.map((choice) => typeText(asSchema(choice))).join(', ')}.</p>`
  const also = Array.isArray(schema['allOf']) ? schema['allOf'].map((each) => typeText(asSchema(each))) : []
  const more = also.length === 0 ? '' : `<p>With what ${also.join(' and ')} has.</p>`
  return more + table(['field', 'type', 'meaning'], rows(schema, ''))
}

function rows(schema: JsonSchema, path: string): string[][] {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(asSchema(schema['properties'])).flatMap(([name, given]) => {
    if (given === false) return []
    const field = asSchema(given)
    const must = required.includes(name) ? ', required' : ''
    const meaning = typeof field['description'] === 'string' ? prose(field['description']) : ''
    const row = [`<code>${escapeHtml(path + name)}</code>`, typeText(field) + must, meaning]
    return [row].concat(rows(objectIn(field), `${path}${name}.`))
  })
}

/** An object that is written out within another one; one that may be `null` too. */
function objectIn(field: JsonSchema): JsonSchema {
  const choices = Array.isArray(field['anyOf']) ? field['anyOf'].map(asSchema) : [field]
  return choices.find((choice) => choice['properties'] !== undefined) ?? {}
}

/** What kind of value it is, in HTML. */
export function typeText(schema: JsonSchema): string {
  const { $ref, type, items } = schema
  if (typeof $ref === 'string') {
    const name = escapeHtml($ref.split('/').at(-1) ?? '')
    return `<a href="#schema-${name}">${name}</a>`
  }
  if ('const' in schema) return `<code>${escapeHtml(JSON.stringify(schema['const']))}</code>`
  if (Array.isArray(schema['enum']))
    return schema['enum'].map((word) => `<code>${escapeHtml(String(word))}</code>`).join(' | ')
  const accepts = schema['accepts']
  if (typeof accepts === 'string') return escapeHtml(accepts)
  const choices = [schema['oneOf'], schema['anyOf']].find(Array.isArray)
  if (choices !== undefined) return choices.map((choice) => typeText(asSchema(choice))).join(' | ')
  if (type === 'array') return `list of ${typeText(asSchema(items))}`
  return typeof type === 'string' ? escapeHtml(type) : 'anything'
}

function examplesIn({ examples }: JsonSchema): readonly unknown[] {
  return Array.isArray(examples) ? examples : []
}

function asSchema(value: unknown): JsonSchema {
  return isFields(value) ? value : {}
}

/** As a call would send it. */
export function exampleText(schema: JsonSchema, all: Schemas): string {
  return JSON.stringify(exampleOf(schema, all))
}
