import { z } from 'zod'
import { withHeader, withoutHeader, type HeaderList } from '../../core/http.ts'
import { partsOf } from '../field-kinds.ts'
import { fieldName, fieldValue } from '../http-fields.ts'

/** Characters that all names and values of the edits of one message may have together: what a head may usually have at all. */
const MOST_TEXT = 16_384
const MOST = 100

const RECORD_ERROR = `expected an object of up to ${MOST} names of fields, with a value for each`
const LIST_ERROR = `expected a list of up to ${MOST} names of fields`
const VALUES_ERROR = 'expected the value of a field, or a list of values'

function record<Value extends z.ZodType>(value: Value) {
  return z
    .record(fieldName(), value, { error: RECORD_ERROR })
    .refine((fields) => Object.keys(fields).length <= MOST, { error: RECORD_ERROR })
}

const values = z.union([fieldValue(), z.array(fieldValue()).min(1).max(MOST)], { error: VALUES_ERROR })

const OPERATIONS = ['remove', 'rename', 'set', 'append'] as const

/** What is done to the fields of one message. */
export const fieldEdits = () =>
  partsOf({
    set: record(fieldValue()).optional().describe('In the place of every field of that name, or new.'),
    remove: z
      .array(fieldName(), { error: LIST_ERROR })
      .max(MOST, { error: LIST_ERROR })
      .optional()
      .describe('Every field of that name.'),
    append: record(values).optional().describe('One more field of that name, at the end; a list: several.'),
    rename: record(fieldName())
      .optional()
      .describe('The old name, and the new one; values and places stay what they are.'),
  })
    .refine((edits) => OPERATIONS.some((operation) => edits[operation] !== undefined), {
      error: 'expected at least one of set, remove, append and rename',
    })
    .refine((edits) => JSON.stringify(edits).length <= MOST_TEXT, {
      error: `expected edits of at most ${MOST_TEXT} characters, all names and values together`,
    })

export type FieldEdits = z.output<ReturnType<typeof fieldEdits>>

/** Each field that is touched: which, and where that was written. */
export interface Touch {
  /** In lower case. */
  readonly name: string
  /** Another field may become one of this name, beside one that is there. */
  readonly adds: boolean
  readonly path: readonly (string | number)[]
}

function named(operation: 'set' | 'append', names: readonly string[]): readonly Touch[] {
  return names.map((name) => ({
    name: name.toLowerCase(),
    adds: operation === 'append',
    path: [operation, name],
  }))
}

export function touchedBy({ set = {}, remove = [], append = {}, rename = {} }: FieldEdits): readonly Touch[] {
  return [
    ...remove.map((name, at) => ({ name: name.toLowerCase(), adds: false, path: ['remove', at] })),
    ...Object.entries(rename).flatMap(([old, to]) => {
      const [before, after] = [old.toLowerCase(), to.toLowerCase()]
      const path = ['rename', old]
      // In other letter case it is the same field.
      return [
        { name: before, adds: false, path },
        { name: after, adds: before !== after, path },
      ]
    }),
    ...named('set', Object.keys(set)),
    ...named('append', Object.keys(append)),
  ]
}

/** Removes, renames, sets and appends, in this order. The same list where there is nothing to do. */
export function editFields(headers: HeaderList, edits: FieldEdits): HeaderList {
  const { set = {}, remove = [], append = {}, rename = {} } = edits
  let edited = headers
  for (const name of remove) edited = removed(edited, name.toLowerCase())
  for (const [from, to] of Object.entries(rename)) edited = renamed(edited, from.toLowerCase(), to)
  for (const [name, value] of Object.entries(set)) edited = withHeader(edited, name, value)
  for (const [name, value] of Object.entries(append)) {
    edited = [...edited, ...[value].flat().map((each) => [name, each] as const)]
  }
  return edited
}

function removed(headers: HeaderList, name: string): HeaderList {
  const left = withoutHeader(headers, name)
  return left.length === headers.length ? headers : left
}

function renamed(headers: HeaderList, from: string, to: string): HeaderList {
  if (!headers.some(([name]) => name.toLowerCase() === from)) return headers
  return headers.map(([name, value]) => [name.toLowerCase() === from ? to : name, value] as const)
}
