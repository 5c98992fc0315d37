import type { ServerRoute } from '@hapi/hapi'
import { ERRORS } from '../../core/errors.ts'
import { ERROR_DOCS_PATH } from '../problem.ts'

/** The page that the `type` of a problem document leads to. */
export function errorDocsRoutes(): readonly ServerRoute[] {
  const page = errorPage()
  return [
    {
      method: 'GET',
      path: ERROR_DOCS_PATH,
      handler: (_, h) => h.response(page).type('text/html').header('content-security-policy', "default-src 'none'"),
    },
  ]
}

function errorPage(): string {
  const entries = Object.entries(ERRORS).map(
    ([code, { status, title, help }]) =>
      `<dt id="${code}"><code>${code}</code> (${status}): ${escapeHtml(title)}</dt><dd>${escapeHtml(help)}</dd>`,
  )
  return `<!doctype html><html lang="en"><title>Foulweather: errors</title><h1>Errors</h1><dl>${entries.join('\n')}</dl></html>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
