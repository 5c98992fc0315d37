import type { ServerRoute } from '@hapi/hapi'
import { describeFault, FAULTS } from '../../faults/index.ts'

/** What faults there are, with the JSON Schema of their parameters. */
export function faultTypeRoutes(): readonly ServerRoute[] {
  const descriptions = FAULTS.map(describeFault)
  return [{ method: 'GET', path: '/v1/fault-types', handler: () => ({ faultTypes: descriptions }) }]
}
