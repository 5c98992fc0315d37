import { ERRORS } from '../../src/core/errors.ts'
import { generatedFrom, page, table } from './markdown.ts'

/** docs/errors.md: every error that a user can meet. */
export function errorsPage(): string {
  const errors = Object.entries(ERRORS).sort(([, a], [, b]) => a.status - b.status)
  return page(
    generatedFrom('src/core/errors.ts'),
    '# Errors',
    `Every error has a stable code. The status is what the admin API answers with; the text beside the code names the field, the value and what would be
right, and may be worded differently in another version: scripts should look at the code.`,
    table(
      ['code', 'status', 'meaning'],
      errors.map(([code, { status, title }]) => [`[\`${code}\`](#${code})`, String(status), title]),
    ),
    ...errors.map(([code, { status, title, help }]) =>
      page(`## ${code}`, `${title} (HTTP ${status}).`, help).trimEnd(),
    ),
  )
}
