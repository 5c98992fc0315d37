import type { ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { proxyStatus, proxyStatuses } from '../fault-status.ts'

/** Proxies with their faults, as Foulweather sees them. */
export function proxyRoutes(control: ControlPlane): readonly ServerRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/proxies',
      handler: () => {
        const proxies = proxyStatuses(control)
        return { total: proxies.length, proxies }
      },
    },
    {
      method: 'GET',
      path: '/v1/proxies/{proxy}',
      handler: ({ params }) => proxyStatus(control, control.proxy(String(params['proxy']))),
    },
  ]
}
