import { ERRORS, type FoulweatherError } from '../core/errors.ts'
import { show } from '../faults/issues.ts'

/** Where the meaning of a code can be read, on this very server: it works without the Internet. */
export const ERROR_DOCS_PATH = '/docs/errors'

/** Of one document. */
const MOST_PROBLEMS = 50

/** An error as an RFC 9457 problem document. Where several things are wrong, all of them are in `problems`. */
export function problemDocument(error: FoulweatherError): Readonly<Record<string, unknown>> {
  const { code, status, problems } = error
  const { detail, ...particulars } = problemView(error)
  return {
    type: `${ERROR_DOCS_PATH}#${code}`,
    title: ERRORS[code].title,
    status,
    detail,
    ...particulars,
    problems: problems.length === 0 ? undefined : problems.slice(0, MOST_PROBLEMS).map(problemView),
  }
}

/** One thing that is wrong. What is not known of it is `undefined`. */
function problemView({ code, message, field, value, expected, place }: FoulweatherError) {
  return {
    detail: boundedText(message),
    code,
    field: field && boundedText(field),
    value: boundedValue(value),
    expected,
    file: place?.file,
    line: place?.line,
    column: place?.column,
  }
}

/** What was sent may be a megabyte, and stands in most texts. Longer than any text of ours, with two of the longest names in it. */
const LONGEST = 4000

/** Text as an answer shows it: not endless, and without halves of surrogate pairs, which strict readers of JSON refuse. */
export function boundedText(text: string): string {
  return (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text).toWellFormed()
}

/** As it was sent, so that programs can compare it; as a text where that would be too long or could not be written. */
function boundedValue(value: unknown): unknown {
  if (typeof value === 'string') return boundedText(value)
  const json = JSON.stringify(value)
  // `null` in place of a number that is none, halves of surrogate pairs as escapes.
  const asItIs = json === undefined || (json.length <= LONGEST && !/\\ud[89a-f]/.test(json))
  return asItIs && (typeof value !== 'number' || Number.isFinite(value)) ? value : show(value)
}

/** A mistake of ours: nothing of it is shown, the log has it. */
export function bugDocument(status: number): Readonly<Record<string, unknown>> {
  return {
    type: 'about:blank',
    title: 'Internal error',
    status,
    detail: 'This is a mistake of ours; the log tells more.',
  }
}
