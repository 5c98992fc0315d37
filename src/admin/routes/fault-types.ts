import type { ServerRoute } from '@hapi/hapi'
import { describeCommonFields } from '../../faults/common-fields.ts'
import { describeFault, FAULTS } from '../../faults/index.ts'

/** What faults there are, with the JSON Schema of their parameters and of the fields that all of them have. */
export function faultTypeRoutes(): readonly ServerRoute[] {
  const answer = { faultTypes: FAULTS.map(describeFault), commonFields: describeCommonFields() }
  return [{ method: 'GET', path: '/v1/fault-types', handler: () => answer }]
}
