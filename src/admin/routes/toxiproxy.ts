import type { Lifecycle, Request, ResponseObject, ResponseToolkit, RouteOptionsApp, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { ProxyUpdate } from '../../control/proxy-input.ts'
import type { ProxyRecord } from '../../control/records.ts'
import { findToxic } from '../../control/toxics.ts'
import { FoulweatherError } from '../../core/errors.ts'
import { byOf } from '../by.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { mayAct, refuseRole } from '../roles.ts'
import {
  readPopulateBody,
  readProxyBody,
  readProxyUpdateBody,
  readToxicBody,
  readToxicUpdateBody,
} from '../toxiproxy-bodies.ts'
import { toxiproxyText } from '../toxiproxy-errors.ts'
import { errorJson, proxiesJson, proxyJson, proxyListJson, toxicJson, toxicsJson } from '../toxiproxy-json.ts'
import { TOXIPROXY_VERSION } from '../../version.ts'
import { TOXIPROXY_OPERATIONS } from './toxiproxy-operations.ts'

export interface ToxiproxyRoutesOptions {
  readonly control: ControlPlane
  readonly version: string
  readonly limits: BodyLimits
}

/** Toxiproxy's own routes. What is not there (proxy, toxic) is reported before what the body says, as clients expect. */
export function toxiproxyRoutes({ control, version, limits }: ToxiproxyRoutesOptions): readonly ServerRoute[] {
  const body = (request: Request) => readBody(request.raw.req, limits)

  async function createProxy(request: Request, h: ResponseToolkit) {
    const input = readProxyBody(await body(request))
    return json(h, proxyJson(await control.createProxy(input, byOf(request)), input)).code(201)
  }

  async function updateProxy(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const proxy = control.proxy(param(request, 'proxy'))
    const update = permitted(request, proxy, readProxyUpdateBody(bytes))
    return json(h, proxyJson(await control.updateProxy(proxy.name, update, byOf(request))))
  }

  async function deleteProxy(request: Request, h: ResponseToolkit) {
    await control.deleteProxy(param(request, 'proxy'), byOf(request))
    return h.response().code(204)
  }

  async function populate(request: Request, h: ResponseToolkit) {
    try {
      const entries = readPopulateBody(await body(request))
      const { proxies, error } = await control.populate(entries, byOf(request))
      if (error !== undefined) return populateFailure(h, error, proxyListJson(proxies, entries))
      return json(h, `{"proxies":${proxyListJson(proxies, entries)}}`).code(201)
    } catch (error) {
      if (error instanceof FoulweatherError) return populateFailure(h, error, 'null')
      throw error
    }
  }

  async function reset(request: Request, h: ResponseToolkit) {
    await body(request)
    await control.reset(byOf(request))
    return h.response().code(204)
  }

  async function createToxic(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(param(request, 'proxy'))
    const input = readToxicBody(bytes)
    return json(h, toxicJson(await control.addToxic(name, input, byOf(request))))
  }

  async function updateToxic(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const proxy = control.proxy(param(request, 'proxy'))
    const { plan } = findToxic(proxy, param(request, 'toxic'))
    const update = readToxicUpdateBody(bytes)
    return json(h, toxicJson(await control.updateToxic(proxy.name, plan.name, update, byOf(request))))
  }

  async function removeToxic(request: Request, h: ResponseToolkit) {
    await control.removeToxic(param(request, 'proxy'), param(request, 'toxic'), byOf(request))
    return h.response().code(204)
  }

  const all = '/proxies'
  const one = `${all}/{proxy}`
  const toxics = `${one}/toxics`
  const toxic = `${toxics}/{toxic}`
  const is = TOXIPROXY_OPERATIONS
  const proxyOf = (request: Request) => control.proxy(param(request, 'proxy'))
  const toxicOf = (request: Request) => findToxic(proxyOf(request), param(request, 'toxic'))
  return [
    route('GET', all, { operation: is.listProxies }, (_, h) => json(h, proxiesJson(control.proxies()))),
    route('POST', all, { operation: is.createProxy, role: 'admin' }, createProxy),
    route('POST', '/populate', { operation: is.populate, role: 'admin' }, populate),
    route('POST', '/reset', { operation: is.reset }, reset),
    route('GET', one, { operation: is.showProxy }, (request, h) => json(h, proxyJson(proxyOf(request)))),
    route('POST', one, { operation: is.updateProxyByPost }, updateProxy),
    route('PATCH', one, { operation: is.updateProxy }, updateProxy),
    route('DELETE', one, { operation: is.deleteProxy, role: 'admin' }, deleteProxy),
    route('GET', toxics, { operation: is.listToxics }, (request, h) => json(h, toxicsJson(proxyOf(request)))),
    route('POST', toxics, { operation: is.createToxic }, createToxic),
    route('GET', toxic, { operation: is.showToxic }, (request, h) => json(h, toxicJson(toxicOf(request)))),
    route('POST', toxic, { operation: is.updateToxicByPost }, updateToxic),
    route('PATCH', toxic, { operation: is.updateToxic }, updateToxic),
    route('DELETE', toxic, { operation: is.removeToxic }, removeToxic),
    route('GET', '/version', { operation: is.version, open: true }, (_, h) => versionText(h, version)),
  ]
}

function route(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  app: RouteOptionsApp,
  handler: Lifecycle.Method,
): ServerRoute {
  return { method, path, handler, options: { app: { family: 'toxiproxy', ...app } } }
}

/**
 * Who may not create proxies may switch them on and off all the same, and clients that do so send the addresses along. These are left out then, so
 * that an address that has been changed meanwhile stays.
 */
function permitted(request: Request, { listen, upstream }: ProxyRecord, update: ProxyUpdate): ProxyUpdate {
  const { caller } = request.app
  if (caller !== undefined && mayAct(caller, 'admin')) return update
  const isSame = (update.listen ?? listen) === listen && (update.upstream ?? upstream) === upstream
  if (!isSame) refuseRole(caller, 'admin', 'changing the addresses of a proxy')
  return { enabled: update.enabled }
}

function param(request: Request, name: string): string {
  return String(request.params[name])
}

function json(h: ResponseToolkit, text: string): ResponseObject {
  const answer = h.response(text).type('application/json')
  answer.charset('')
  return answer
}

/** Without newline, and with the content type of a success: Toxiproxy's one exception. */
function populateFailure(h: ResponseToolkit, error: FoulweatherError, proxies: string): ResponseObject {
  return json(h, errorJson(toxiproxyText(error), error.status, `,"proxies":${proxies}`)).code(error.status)
}

function versionText(h: ResponseToolkit, version: string): ResponseObject {
  const text = `{"version": "${TOXIPROXY_VERSION}", "foulweather": "${version}"}\n`
  return h.response(text).header('content-type', 'application/json;charset=utf-8')
}
