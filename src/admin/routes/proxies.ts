import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { actorOf } from '../actor.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { proxyStatus, proxyStatuses } from '../fault-status.ts'
import { readJsonObject } from '../json-body.ts'
import { encodePath } from '../request-target.ts'

/** Proxies with their faults, as Foulweather sees them, and with everything that they can be asked for. */
export function proxyRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const body = (request: Request) => readBody(request.raw.req, limits)

  function list() {
    const proxies = proxyStatuses(control)
    return { total: proxies.length, proxies }
  }

  async function create(request: Request, h: ResponseToolkit) {
    const record = await control.addProxy(readJsonObject(await body(request)), actorOf(request))
    const location = encodePath(['v1', 'proxies', record.name])
    return h.response(proxyStatus(control, record)).code(201).header('location', location)
  }

  async function update(request: Request) {
    const bytes = await body(request)
    const { name } = control.proxy(nameIn(request))
    return proxyStatus(control, await control.patchProxy(name, readJsonObject(bytes), actorOf(request)))
  }

  async function remove(request: Request, h: ResponseToolkit) {
    await control.deleteProxy(nameIn(request), actorOf(request))
    return h.response().code(204)
  }

  const all = '/v1/proxies'
  const one = `${all}/{proxy}`
  return [
    { method: 'GET', path: all, handler: list },
    { method: 'POST', path: all, handler: create },
    { method: 'GET', path: one, handler: (request) => proxyStatus(control, control.proxy(nameIn(request))) },
    { method: 'PATCH', path: one, handler: update },
    { method: 'DELETE', path: one, handler: remove },
  ]
}

function nameIn(request: Request): string {
  return String(request.params['proxy'])
}
