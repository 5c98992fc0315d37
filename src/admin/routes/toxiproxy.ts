import type { Lifecycle, Request, ResponseObject, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { findToxic } from '../../control/toxics.ts'
import { FoulweatherError } from '../../core/errors.ts'
import { actorOf } from '../actor.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { readPopulateBody, readProxyBody, readToxicBody, readToxicUpdateBody } from '../toxiproxy-bodies.ts'
import { toxiproxyText } from '../toxiproxy-errors.ts'
import { errorJson, proxiesJson, proxyJson, proxyListJson, toxicJson, toxicsJson } from '../toxiproxy-json.ts'
import { TOXIPROXY_VERSION } from '../../version.ts'

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
    return json(h, proxyJson(await control.createProxy(input, actorOf(request)))).code(201)
  }

  async function updateProxy(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(param(request, 'proxy'))
    const update = readProxyBody(bytes)
    return json(h, proxyJson(await control.updateProxy(name, update, actorOf(request))))
  }

  async function deleteProxy(request: Request, h: ResponseToolkit) {
    await control.deleteProxy(param(request, 'proxy'), actorOf(request))
    return h.response().code(204)
  }

  async function populate(request: Request, h: ResponseToolkit) {
    try {
      const { proxies, error } = await control.populate(readPopulateBody(await body(request)), actorOf(request))
      if (error !== undefined) return populateFailure(h, error, proxyListJson(proxies))
      return json(h, `{"proxies":${proxyListJson(proxies)}}`).code(201)
    } catch (error) {
      if (error instanceof FoulweatherError) return populateFailure(h, error, 'null')
      throw error
    }
  }

  async function reset(request: Request, h: ResponseToolkit) {
    await body(request)
    await control.reset(actorOf(request))
    return h.response().code(204)
  }

  async function createToxic(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(param(request, 'proxy'))
    const input = readToxicBody(bytes)
    return json(h, toxicJson(await control.addToxic(name, input, actorOf(request))))
  }

  async function updateToxic(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const proxy = control.proxy(param(request, 'proxy'))
    const { plan } = findToxic(proxy, param(request, 'toxic'))
    const update = readToxicUpdateBody(bytes)
    return json(h, toxicJson(await control.updateToxic(proxy.name, plan.name, update, actorOf(request))))
  }

  async function removeToxic(request: Request, h: ResponseToolkit) {
    await control.removeToxic(param(request, 'proxy'), param(request, 'toxic'), actorOf(request))
    return h.response().code(204)
  }

  return [
    route('GET', '/proxies', (_, h) => json(h, proxiesJson(control.proxies()))),
    route('POST', '/proxies', createProxy),
    route('POST', '/populate', populate),
    route('POST', '/reset', reset),
    route('GET', '/proxies/{proxy}', (request, h) => json(h, proxyJson(control.proxy(param(request, 'proxy'))))),
    route(['POST', 'PATCH'], '/proxies/{proxy}', updateProxy),
    route('DELETE', '/proxies/{proxy}', deleteProxy),
    route('GET', '/proxies/{proxy}/toxics', (request, h) =>
      json(h, toxicsJson(control.proxy(param(request, 'proxy')))),
    ),
    route('POST', '/proxies/{proxy}/toxics', createToxic),
    route('GET', '/proxies/{proxy}/toxics/{toxic}', (request, h) =>
      json(h, toxicJson(findToxic(control.proxy(param(request, 'proxy')), param(request, 'toxic')))),
    ),
    route(['POST', 'PATCH'], '/proxies/{proxy}/toxics/{toxic}', updateToxic),
    route('DELETE', '/proxies/{proxy}/toxics/{toxic}', removeToxic),
    route('GET', '/version', (_, h) => versionText(h, version), true),
  ]
}

function route(method: ServerRoute['method'], path: string, handler: Lifecycle.Method, open = false): ServerRoute {
  return { method, path, handler, options: { app: { family: 'toxiproxy', open } } }
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
