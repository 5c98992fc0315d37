import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { byOf } from '../by.ts'
import { faultStatus } from '../fault-status.ts'
import type { Operation } from '../operation.ts'
import { faultShape } from '../shapes/fault.ts'
import { haltResultShape, haltShape } from '../shapes/safety.ts'
import { withTag } from '../tag.ts'

/** Halting everything and going on, and leases of faults. */
export function safetyRoutes(control: ControlPlane): readonly ServerRoute[] {
  const state = () => ({ halted: control.safety.halt !== undefined, ...control.safety.halt })

  async function renew(request: Request, h: ResponseToolkit) {
    const proxy = String(request.params['proxy'])
    const { plan } = control.fault(proxy, String(request.params['fault']))
    const fault = await control.renewFault(proxy, plan.name, byOf(request))
    return withTag(h, await faultStatus(control, proxy, fault), fault.revision)
  }

  return [
    { method: 'GET', path: '/v1/halt', options: { app: { operation: OPERATIONS.state } }, handler: state },
    {
      method: 'POST',
      path: '/v1/halt',
      options: { app: { operation: OPERATIONS.halt } },
      handler: (request) => control.halt(byOf(request)),
    },
    {
      method: 'POST',
      path: '/v1/resume',
      options: { app: { operation: OPERATIONS.resume } },
      handler: (request) => {
        control.resume(byOf(request))
        return state()
      },
    },
    {
      method: 'POST',
      path: '/v1/proxies/{proxy}/faults/{fault}/renew',
      options: { app: { operation: OPERATIONS.renew } },
      handler: renew,
    },
  ]
}

const TAG = 'Safety'

const OPERATIONS = {
  state: {
    id: 'getHalt',
    tag: TAG,
    summary: 'Whether everything is halted, since when, by whom and why.',
    answers: { 200: { description: 'That.', schema: haltShape } },
  },
  halt: {
    id: 'halt',
    tag: TAG,
    summary: 'Removes every fault at once, deactivates all profiles, and takes no faults until it is resumed.',
    anyQuery: true,
    description: 'Proxies go on relaying. A second halt changes nothing of what the first one has put on record.',
    answers: { 200: { description: 'What was stopped.', schema: haltResultShape } },
  },
  resume: {
    id: 'resume',
    tag: TAG,
    summary: 'Faults are taken again; none comes back by itself.',
    description: 'Nothing is done where nothing is halted.',
    answers: { 200: { description: 'That nothing is halted.', schema: haltShape } },
  },
  renew: {
    id: 'renewFault',
    tag: TAG,
    summary: 'The lease of a fault begins anew.',
    answers: { 200: { description: 'The fault, with its new time.', schema: faultShape } },
    errors: ['proxy_not_found', 'fault_not_found', 'no_lease'],
  },
} satisfies Readonly<Record<string, Operation>>
