import type { ServerRoute } from '@hapi/hapi'
import { describeCommonFields } from '../../faults/common-fields.ts'
import { describeFault, FAULTS } from '../../faults/index.ts'
import type { Operation } from '../operation.ts'
import { faultTypesShape } from '../shapes/fault-type.ts'

/** What faults there are, with the JSON Schema of their parameters and of the fields that all of them have. */
export function faultTypeRoutes(): readonly ServerRoute[] {
  const answer = { faultTypes: FAULTS.map(describeFault), commonFields: describeCommonFields() }
  return [{ method: 'GET', path: '/v1/fault-types', options: { app: { operation: LIST } }, handler: () => answer }]
}

const LIST: Operation = {
  id: 'listFaultTypes',
  tag: 'Faults',
  summary: 'Every type of fault, with the JSON Schema of its parameters, and the fields that every fault has.',
  answers: { 200: { description: 'They.', schema: faultTypesShape } },
}
