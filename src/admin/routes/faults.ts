import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { actorOf } from '../actor.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { faultStatus, proxyStatus } from '../fault-status.ts'
import { readJsonObject } from '../json-body.ts'
import { encodePath } from '../request-target.ts'

/** The faults of a proxy, with everything that Foulweather's can be asked for. */
export function faultRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const body = (request: Request) => readBody(request.raw.req, limits)

  function list(request: Request) {
    const { faults } = proxyStatus(control, control.proxy(param(request, 'proxy')))
    return { total: faults.length, faults }
  }

  function show(request: Request) {
    const proxy = param(request, 'proxy')
    return faultStatus(control, proxy, control.fault(proxy, param(request, 'fault')))
  }

  async function add(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(param(request, 'proxy'))
    const fault = await control.addFault(name, readJsonObject(bytes), actorOf(request))
    const location = encodePath(['v1', 'proxies', name, 'faults', fault.plan.name])
    return h
      .response(faultStatus(control, name, fault))
      .code(201)
      .header('location', location)
  }

  async function update(request: Request) {
    const bytes = await body(request)
    const proxy = param(request, 'proxy')
    const { plan } = control.fault(proxy, param(request, 'fault'))
    const fault = await control.updateFault(proxy, plan.name, readJsonObject(bytes), actorOf(request))
    return faultStatus(control, proxy, fault)
  }

  async function remove(request: Request, h: ResponseToolkit) {
    await control.removeFault(param(request, 'proxy'), param(request, 'fault'), actorOf(request))
    return h.response().code(204)
  }

  const all = '/v1/proxies/{proxy}/faults'
  const one = `${all}/{fault}`
  return [
    { method: 'GET', path: all, handler: list },
    { method: 'POST', path: all, handler: add },
    { method: 'GET', path: one, handler: show },
    { method: 'PATCH', path: one, handler: update },
    { method: 'DELETE', path: one, handler: remove },
  ]
}

function param(request: Request, name: string): string {
  return String(request.params[name])
}
