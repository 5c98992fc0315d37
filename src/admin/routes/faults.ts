import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { FaultRecord } from '../../control/records.ts'
import { byOf } from '../by.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { faultStatus, proxyStatus } from '../fault-status.ts'
import { readJsonObject } from '../json-body.ts'
import type { Operation } from '../operation.ts'
import { encodePath } from '../request-target.ts'
import { faultInputShape, faultPatchShape, faultShape, faultsShape } from '../shapes/fault.ts'
import { withTag } from '../tag.ts'

/** The faults of a proxy, with everything that Foulweather's can be asked for. */
export function faultRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const body = (request: Request) => readBody(request.raw.req, limits)

  const answer = async (h: ResponseToolkit, proxy: string, fault: FaultRecord) =>
    withTag(h, await faultStatus(control, proxy, fault), fault.revision)

  async function list(request: Request) {
    const { faults } = await proxyStatus(control, control.proxy(param(request, 'proxy')))
    return { total: faults.length, faults }
  }

  function show(request: Request, h: ResponseToolkit) {
    const proxy = param(request, 'proxy')
    return answer(h, proxy, control.fault(proxy, param(request, 'fault')))
  }

  async function add(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = control.proxy(param(request, 'proxy'))
    const fault = await control.addFault(name, readJsonObject(bytes), byOf(request))
    const location = encodePath(['v1', 'proxies', name, 'faults', fault.plan.name])
    return (await answer(h, name, fault)).code(201).header('location', location)
  }

  async function update(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const proxy = param(request, 'proxy')
    const { plan } = control.fault(proxy, param(request, 'fault'))
    const fault = await control.updateFault(proxy, plan.name, readJsonObject(bytes), byOf(request))
    return answer(h, proxy, fault)
  }

  async function remove(request: Request, h: ResponseToolkit) {
    await control.removeFault(param(request, 'proxy'), param(request, 'fault'), byOf(request))
    return h.response().code(204)
  }

  const all = '/v1/proxies/{proxy}/faults'
  const one = `${all}/{fault}`
  return [
    { method: 'GET', path: all, options: { app: { operation: OPERATIONS.list } }, handler: list },
    { method: 'POST', path: all, options: { app: { operation: OPERATIONS.add } }, handler: add },
    { method: 'GET', path: one, options: { app: { operation: OPERATIONS.show } }, handler: show },
    { method: 'PATCH', path: one, options: { app: { operation: OPERATIONS.update } }, handler: update },
    { method: 'DELETE', path: one, options: { app: { operation: OPERATIONS.remove } }, handler: remove },
  ]
}

function param(request: Request, name: string): string {
  return String(request.params[name])
}

const TAG = 'Faults'

const OPERATIONS = {
  list: {
    id: 'listFaults',
    tag: TAG,
    summary: 'The faults of a proxy, in the order in which bytes meet them.',
    answers: { 200: { description: 'They.', schema: faultsShape } },
    errors: ['proxy_not_found'],
  },
  add: {
    id: 'addFault',
    tag: TAG,
    summary: 'Adds a fault to a proxy.',
    description: 'It is in force for live sessions when the call answers.',
    body: {
      description: 'The fault: its type, its parameters, and the fields that every fault may have.',
      schema: faultInputShape,
    },
    answers: { 201: { description: 'The fault; `Location` says where it is.', schema: faultShape } },
    errors: [
      'missing_field',
      'invalid_value',
      'invalid_fault_type',
      'ttl_required',
      'proxy_not_found',
      'fault_exists',
      'halted',
    ],
  },
  show: {
    id: 'getFault',
    tag: TAG,
    summary: 'One fault, with its state and counters.',
    answers: { 200: { description: 'The fault.', schema: faultShape } },
    errors: ['proxy_not_found', 'fault_not_found'],
  },
  update: {
    id: 'updateFault',
    tag: TAG,
    summary: 'Changes a fault.',
    description:
      'It is in force for live sessions when the call answers; they draw again only where the change asks for it.',
    body: { description: 'What is to be otherwise.', schema: faultPatchShape },
    answers: { 200: { description: 'The fault as it is now.', schema: faultShape } },
    errors: [
      'missing_field',
      'invalid_value',
      'ttl_required',
      'proxy_not_found',
      'fault_not_found',
      'profile_conflict',
      'halted',
    ],
  },
  remove: {
    id: 'removeFault',
    tag: TAG,
    summary: 'Removes a fault.',
    description: 'What it holds goes on at once, unless its `on_remove` says otherwise.',
    answers: { 204: { description: 'It is gone.' } },
    errors: ['proxy_not_found', 'fault_not_found', 'profile_conflict'],
  },
} satisfies Readonly<Record<string, Operation>>
