import { z } from 'zod'

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** RFC 9110, section 5.5: no line break and no NUL above all, so that a value cannot become a field, or a message, of its own. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

const MOST_FIELDS = 100
const LONGEST_VALUE = 8192

/** Those that say how the message is framed, or that the proxy sets itself. */
const OURS = new Set(['content-length', 'transfer-encoding', 'connection', 'date'])

const NAME_ERROR = "expected the name of a field: letters, digits and any of !#$%&'*+-.^_`|~"
const VALUE_ERROR = `expected the value of a field: a text of up to ${LONGEST_VALUE} Latin-1 characters without line breaks and other control characters`
const OBJECT_ERROR = `expected an object of up to ${MOST_FIELDS} fields: a name, and a text or a list of texts for each`

/** The name of a field as it may be written into a head. */
export const fieldName = () => z.string({ error: NAME_ERROR }).regex(TOKEN, { error: NAME_ERROR })

/** The value of a field as it may be written into a head. */
export const fieldValue = () =>
  z.string({ error: VALUE_ERROR }).max(LONGEST_VALUE, { error: VALUE_ERROR }).regex(VALUE, { error: VALUE_ERROR })

/** Values by name; a list stands for several fields of that name. */
export type AnswerFields = Readonly<Record<string, string | readonly string[]>>

/** The fields of an answer that is made up, without those that the proxy sets itself. */
export const answerFields = () => {
  const name = fieldName().refine((given) => !OURS.has(given.toLowerCase()), {
    error:
      'expected a field that the proxy does not set itself; Content-Length, Transfer-Encoding, Connection and Date are',
  })
  const list = z.array(fieldValue(), { error: VALUE_ERROR }).min(1, { error: VALUE_ERROR }).max(MOST_FIELDS)
  const values = z.union([fieldValue(), list.transform((all) => (all.length === 1 ? (all[0] ?? '') : all))], {
    error: VALUE_ERROR,
  })
  return z
    .record(name, values, { error: OBJECT_ERROR })
    .refine((fields) => Object.values(fields).flat().length <= MOST_FIELDS, { error: OBJECT_ERROR })
    .meta({ accepts: OBJECT_ERROR.slice('expected '.length) })
}

/** Whether there is a field of that name (lower case), in any letter case. */
export function hasField(fields: AnswerFields | undefined, name: string): boolean {
  return Object.keys(fields ?? {}).some((given) => given.toLowerCase() === name)
}
