import { z } from 'zod'
import { partsOf } from '../field-kinds.ts'

/** The path and the query of a request target (RFC 9112, section 3.2), to be changed by themselves. */

export interface TargetParts {
  /** `http://host` of an absolute one; otherwise empty. */
  readonly authority: string
  readonly path: string
  /** With its `?`; empty = there is none. */
  readonly query: string
}

const TARGET = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?(\/[^?#]*)?(\?[^#]*)?$/i

/** `undefined`: `*`, or the authority of a CONNECT. */
export function splitTarget(target: string): TargetParts | undefined {
  const [whole, authority = '', path = '/', query = ''] = TARGET.exec(target) ?? []
  return whole === undefined || whole === '' ? undefined : { authority, path, query }
}

const LONGEST_NAME = 256
const LONGEST_VALUE = 2048
const MOST = 100

const NAME_ERROR = `expected the name of a query parameter, of 1 to ${LONGEST_NAME} characters`
const VALUE_ERROR = `expected a text of at most ${LONGEST_VALUE} characters`
const SET_ERROR = `expected an object of up to ${MOST} query parameters, with a text for each`
const REMOVE_ERROR = `expected a list of up to ${MOST} names of query parameters`

const wellFormed = (text: string): boolean => text.isWellFormed()

const name = z
  .string({ error: NAME_ERROR })
  .min(1, { error: NAME_ERROR })
  .max(LONGEST_NAME, { error: NAME_ERROR })
  .refine(wellFormed, { error: NAME_ERROR })

const value = z
  .string({ error: VALUE_ERROR })
  .max(LONGEST_VALUE, { error: VALUE_ERROR })
  .refine(wellFormed, { error: VALUE_ERROR })

export const queryEdits = () =>
  partsOf({
    set: z
      .record(name, value, { error: SET_ERROR })
      .refine((given) => Object.keys(given).length <= MOST, { error: SET_ERROR })
      .optional()
      .describe('In the place of every parameter of that name, or new. Percent-encoded as needed.'),
    remove: z
      .array(name, { error: REMOVE_ERROR })
      .max(MOST, { error: REMOVE_ERROR })
      .optional()
      .describe('Every parameter of that name.'),
  }).refine(({ set, remove }) => set !== undefined || remove !== undefined, {
    error: 'expected at least one of set and remove',
  })

export type QueryEdits = z.output<ReturnType<typeof queryEdits>>

/** What is not touched stays as it was written. Removes first, then sets. */
export function editQuery(query: string, { set = {}, remove = [] }: QueryEdits): string {
  const given = query === '' || query === '?' ? [] : query.slice(1).split('&')
  let pairs = given.map((text) => ({ name: nameOf(text), text })).filter(({ name }) => !remove.includes(name))
  for (const [name, value] of Object.entries(set)) {
    const pair = { name, text: `${encodeURIComponent(name)}=${encodeURIComponent(value)}` }
    const at = pairs.findIndex((each) => each.name === name)
    if (at < 0) pairs.push(pair)
    else pairs = pairs.flatMap((each, index) => (each.name !== name ? [each] : index === at ? [pair] : []))
  }
  return pairs.length === 0 ? '' : `?${pairs.map(({ text }) => text).join('&')}`
}

/** As forms encode it: `+` is a blank. What is no proper encoding stands for itself. */
function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0]?.replaceAll('+', ' ') ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
