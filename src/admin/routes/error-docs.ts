import type { ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import { ERRORS } from '../../core/errors.ts'
import { escapeHtml } from '../docs-page/html.ts'
import { STYLE } from '../docs-page/style.ts'
import type { Operation } from '../operation.ts'
import { ERROR_DOCS_PATH } from '../problem.ts'
import { CONTENT_POLICY } from './openapi.ts'

/** The page that the `type` of a problem document leads to. */
export function errorDocsRoutes(): readonly ServerRoute[] {
  const page = errorPage()
  return [
    {
      method: 'GET',
      path: ERROR_DOCS_PATH,
      options: { app: { operation: PAGE } },
      handler: (_, h) => h.response(page).type('text/html').header('content-security-policy', CONTENT_POLICY),
    },
  ]
}

function errorPage(): string {
  const entries = Object.entries(ERRORS).map(
    ([code, { status, title, help }]) =>
      `<dt id="${code}"><code>${code}</code> (${status}): ${escapeHtml(title)}</dt><dd>${escapeHtml(help)}</dd>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Foulweather: errors</title><style>${STYLE}</style></head><body><main><h1>Errors</h1><p>What each code means. <a href="/docs">The API</a> says which operation answers which.</p><dl>${entries.join('\n')}</dl></main></body></html>`
}

const PAGE: Operation = {
  id: 'getErrorDocs',
  tag: 'Server',
  summary: 'What each error code means, as a page for people.',
  answers: { 200: { description: 'The page.', schema: z.string(), type: 'text/html' } },
}
