import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { ProxyRecord } from '../../control/records.ts'
import { byOf } from '../by.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { proxyStatus, proxyStatuses } from '../fault-status.ts'
import { readJsonObject } from '../json-body.ts'
import type { Operation } from '../operation.ts'
import { encodePath } from '../request-target.ts'
import { refuseRole } from '../roles.ts'
import { proxiesShape, proxyInputShape, proxyPatchShape, proxyShape } from '../shapes/proxy.ts'
import { withTag } from '../tag.ts'

/** Proxies with their faults, as Foulweather sees them, and with everything that they can be asked for. */
export function proxyRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const body = (request: Request) => readBody(request.raw.req, limits)

  const answer = async (h: ResponseToolkit, record: ProxyRecord) =>
    withTag(h, await proxyStatus(control, record), record.revision)

  async function list() {
    const proxies = await proxyStatuses(control)
    return { total: proxies.length, proxies }
  }

  async function create(request: Request, h: ResponseToolkit) {
    const record = await control.addProxy(readJsonObject(await body(request)), byOf(request))
    const location = encodePath(['v1', 'proxies', record.name])
    return (await answer(h, record)).code(201).header('location', location)
  }

  function show(request: Request, h: ResponseToolkit) {
    return answer(h, control.proxy(nameIn(request)))
  }

  async function update(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(nameIn(request))
    const patch = readJsonObject(bytes)
    refuseMore(request, patch)
    return answer(h, await control.patchProxy(name, patch, byOf(request)))
  }

  async function remove(request: Request, h: ResponseToolkit) {
    await control.deleteProxy(nameIn(request), byOf(request))
    return h.response().code(204)
  }

  const all = '/v1/proxies'
  const one = `${all}/{proxy}`
  return [
    { method: 'GET', path: all, options: { app: { operation: OPERATIONS.list } }, handler: list },
    { method: 'POST', path: all, options: { app: { role: 'admin', operation: OPERATIONS.create } }, handler: create },
    { method: 'GET', path: one, options: { app: { operation: OPERATIONS.show } }, handler: show },
    { method: 'PATCH', path: one, options: { app: { operation: OPERATIONS.update } }, handler: update },
    { method: 'DELETE', path: one, options: { app: { role: 'admin', operation: OPERATIONS.remove } }, handler: remove },
  ]
}

/** Who may not create proxies may switch them on and off all the same. */
function refuseMore({ app: { caller } }: Request, patch: Readonly<Record<string, unknown>>): void {
  if (Object.keys(patch).some((field) => field !== 'enabled'))
    refuseRole(caller, 'admin', 'changing more of a proxy than `enabled`')
}

function nameIn(request: Request): string {
  return String(request.params['proxy'])
}

const TAG = 'Proxies'

const OPERATIONS = {
  list: {
    id: 'listProxies',
    tag: TAG,
    summary: 'All proxies with their faults, in the order of their names.',
    answers: { 200: { description: 'They.', schema: proxiesShape } },
  },
  create: {
    id: 'createProxy',
    tag: TAG,
    summary: 'Creates a proxy.',
    body: { description: 'The proxy.', schema: proxyInputShape },
    answers: { 201: { description: 'The proxy; `Location` says where it is.', schema: proxyShape } },
    errors: ['missing_field', 'invalid_value', 'proxy_exists', 'listen_failed'],
  },
  show: {
    id: 'getProxy',
    tag: TAG,
    summary: 'One proxy with its faults.',
    answers: { 200: { description: 'The proxy.', schema: proxyShape } },
    errors: ['proxy_not_found'],
  },
  update: {
    id: 'updateProxy',
    tag: TAG,
    summary: 'Changes a proxy.',
    description:
      'The faults stay. Where an address or a setting changes, all sessions are closed; what changes nothing touches nothing. More than `enabled` is for the role admin.',
    body: { description: 'What is to be otherwise.', schema: proxyPatchShape },
    answers: { 200: { description: 'The proxy as it is now.', schema: proxyShape } },
    errors: ['missing_field', 'invalid_value', 'proxy_not_found', 'profile_conflict', 'listen_failed'],
  },
  remove: {
    id: 'deleteProxy',
    tag: TAG,
    summary: 'Deletes a proxy, closing its sessions.',
    answers: { 204: { description: 'It is gone.' } },
    errors: ['proxy_not_found', 'profile_conflict'],
  },
} satisfies Readonly<Record<string, Operation>>
