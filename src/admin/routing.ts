import type { IncomingHttpHeaders } from 'node:http'
import type { Lifecycle, Request, RequestRoute, ResponseToolkit, Server } from '@hapi/hapi'
import { FoulweatherError } from '../core/errors.ts'
import { withoutReason } from './by.ts'
import type { RouteFamily } from './hapi-state.ts'
import { refuseQuery } from './query.ts'
import { newRequestId } from './request-id.ts'
import { refuseRole, usualRole } from './roles.ts'
import { encodePath, readTarget } from './request-target.ts'
import { checkCaller, checkToken, isSameOrigin, type AccessRules } from './security.ts'

/**
 * Everything that happens before a route's handler, in one place because hapi's own router does it differently: who may call,
 * and the answers of Toxiproxy's router to paths and methods that it does not know.
 */
export function installRouting(server: Server, rules: AccessRules): void {
  server.ext('onRequest', (request, h) => {
    const { url = '', headers } = request.raw.req
    const target = readTarget(url)
    request.app.family = familyOfPath(target.kind === 'path' ? target.segments : url.slice(1).split(/[/?]/, 1))
    checkCaller(headers, rules)
    if (target.kind === 'bad') return badTarget(request, url, h)
    if (target.kind === 'redirect') return h.response().code(301).header('location', target.location).takeover()

    const path = encodePath(target.segments)
    const route = findRoute(server, request.method, path)
    const isOpen = route?.settings.app?.open === true
    if (!isOpen) request.app.caller = checkToken(headers, rules)
    if (route === undefined) return unmatched(server, request, path, h)

    request.app.requestId = newRequestId()
    request.app.family = route.settings.app?.family ?? 'native'
    if (request.app.family === 'toxiproxy' && isForeignBrowser(headers))
      return plainText(h, 403, 'User agent not allowed\n')
    if (!isOpen) {
      const role = route.settings.app?.role ?? usualRole(request.method)
      refuseRole(request.app.caller, role, `${request.method.toUpperCase()} ${path}`)
    }
    // With a host of our own: hapi would make a URL of the caller's Host header, which may be fit for a header only.
    request.setUrl(`http://admin${path}${request.app.family === 'native' ? ownQuery(request, target.query) : ''}`)
    if (route.settings.app?.asksNothing === true) refuseQuery(request.query, isRead(request) ? [] : ['reason'])
    return h.continue
  })
}

function isRead({ method }: Request): boolean {
  return method === 'get' || method === 'head'
}

function badTarget({ app }: Request, url: string, h: ResponseToolkit): Lifecycle.ReturnValue {
  if (app.family !== 'native') return plainText(h, 400, '400 Bad Request')
  const expected = 'a path with each % before two hexadecimal digits'
  const text = `the path is ${JSON.stringify(url)}, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'path', value: url, expected })
}

/** Where something is asked for that changes things, without the reason for it. */
function ownQuery(request: Request, query: string): string {
  if (isRead(request)) return query
  const { query: rest, reasons } = withoutReason(query)
  request.app.reasons = reasons
  return rest
}

/** Roots under which everything is ours; every other path is answered as Toxiproxy would. */
const NATIVE_ROOTS = new Set(['v1', 'healthz', 'docs', 'openapi.json'])

function familyOfPath([root]: readonly string[]): RouteFamily {
  return NATIVE_ROOTS.has(root ?? '') ? 'native' : 'toxiproxy'
}

function findRoute(server: Server, method: Request['method'], path: string): RequestRoute | undefined {
  const route = server.match(method, path) ?? undefined
  // hapi lets GET routes answer HEAD; Toxiproxy does not.
  const lentToHead = method === 'head' && route?.method === 'get' && route.settings.app?.family === 'toxiproxy'
  return lentToHead ? undefined : route
}

const METHODS: readonly Request['method'][] = ['get', 'post', 'put', 'patch', 'delete']

function unmatched(server: Server, request: Request, path: string, h: ResponseToolkit): Lifecycle.ReturnValue {
  const allowed = METHODS.filter((method) => server.match(method, path) !== null)
  if (request.app.family === 'native') throw unknownRoute(request.method.toUpperCase(), path, allowed)
  if (allowed.length > 0) return h.response().code(405).takeover()
  return plainText(h, 404, '404 page not found\n')
}

function unknownRoute(method: string, path: string, allowed: readonly string[]): FoulweatherError {
  if (allowed.length === 0) return new FoulweatherError('route_not_found', `no route for ${method} ${path}`)
  const expected = allowed.join(', ').toUpperCase()
  return new FoulweatherError('method_not_allowed', `no route for ${method} ${path}; it answers ${expected}`, {
    value: method,
    expected,
  })
}

/** A page must not drive the proxy behind its reader's back. Our own pages may, and a browser says which those are. */
function isForeignBrowser(headers: IncomingHttpHeaders): boolean {
  return headers['user-agent']?.startsWith('Mozilla/') === true && !isSameOrigin(headers)
}

function plainText(h: ResponseToolkit, status: number, text: string): Lifecycle.ReturnValue {
  return h
    .response(text)
    .code(status)
    .type('text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .takeover()
}
