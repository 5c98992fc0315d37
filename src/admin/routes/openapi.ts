import type { RouteOptionsApp, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import { docsPage } from '../docs-page/page.ts'
import { openApiDocument, type DescribedRoute } from '../openapi/document.ts'
import type { Operation } from '../operation.ts'
import { METRICS_ROUTE } from './metrics.ts'

/** These routes, and those that describe them: for programs, and as a page for people. */
export function withDescription(routes: readonly ServerRoute[], version: string): readonly ServerRoute[] {
  // Once, and not before somebody asks: it takes its time.
  let made: { readonly text: string; readonly page: string } | undefined
  const texts = () => {
    if (made !== undefined) return made
    const document = openApiDocument(described(all), version)
    return (made = { text: JSON.stringify(document), page: docsPage(document) })
  }
  const all: readonly ServerRoute[] = [
    ...routes,
    {
      method: 'GET',
      path: '/openapi.json',
      options: { app: { operation: DOCUMENT } },
      handler: (_, h) => h.response(texts().text).type('application/json'),
    },
    {
      method: 'GET',
      path: '/docs',
      options: { app: { operation: PAGE } },
      handler: (_, h) => h.response(texts().page).type('text/html').header('content-security-policy', CONTENT_POLICY),
    },
  ]
  return all.map(withoutOperation)
}

/** hapi copies what it is given, down to the last field: of schemas, that makes something that is none any more. */
function withoutOperation(route: ServerRoute): ServerRoute {
  const { options } = route
  if (typeof options !== 'object') return route
  const { operation, ...app } = options.app ?? {}
  // What monitors call, and what is a page, takes whatever is put behind it.
  const mayAsk = operation === undefined || operation.query !== undefined || operation.anyQuery === true
  const asksNothing = route.path.startsWith('/v1/') && !mayAsk
  return { ...route, options: { ...options, app: { ...app, asksNothing } } }
}

function appOf({ options }: ServerRoute): RouteOptionsApp | undefined {
  return typeof options === 'object' ? options.app : undefined
}

/** The pages are texts with a style in them, and nothing else: no script, nothing from elsewhere, in nobody's frame. */
export const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Metrics are described even where they are switched off, so that a version has one description. */
function described(routes: readonly ServerRoute[]): readonly DescribedRoute[] {
  const all = routes.flatMap((route): readonly DescribedRoute[] => {
    const methods = Array.isArray(route.method) ? route.method : [route.method]
    return methods.map((method) => ({ method: method.toLowerCase(), path: route.path, app: appOf(route) }))
  })
  return all.some(({ path }) => path === METRICS_ROUTE.path) ? all : [...all, METRICS_ROUTE]
}

const DOCUMENT: Operation = {
  id: 'getOpenApi',
  tag: 'Server',
  summary: 'This description: OpenAPI 3.1.',
  answers: { 200: { description: 'It.', schema: z.looseObject({ openapi: z.string() }) } },
}

const PAGE: Operation = {
  id: 'getDocs',
  tag: 'Server',
  summary: 'This description as a page for people.',
  answers: { 200: { description: 'The page.', schema: z.string(), type: 'text/html' } },
}
