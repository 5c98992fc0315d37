import { ERRORS, type FoulweatherError } from '../core/errors.ts'

/** Where the meaning of a code can be read, on this very server: it works without the Internet. */
export const ERROR_DOCS_PATH = '/docs/errors'

/** An error as an RFC 9457 problem document. */
export function problemDocument(error: FoulweatherError): Readonly<Record<string, unknown>> {
  const { code, status, message, field, value, expected } = error
  return {
    type: `${ERROR_DOCS_PATH}#${code}`,
    title: ERRORS[code].title,
    status,
    detail: message,
    code,
    field,
    value,
    expected,
  }
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
