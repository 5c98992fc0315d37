import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { readDecisionQuery } from '../decision-query.ts'

/** What was decided about sessions, and done to them: the latest, oldest first. */
export function decisionRoutes({ dataPlane }: ControlPlane): readonly ServerRoute[] {
  function list(request: Request, h: ResponseToolkit) {
    const { filter, limit, format } = readDecisionQuery(request.query)
    const all = dataPlane.decisions(filter)
    const decisions = all.slice(Math.max(0, all.length - limit))
    if (format === 'json') return { total: all.length, decisions }
    const lines = decisions.map((decision) => `${JSON.stringify(decision)}\n`).join('')
    // Of nothing hapi would make a 204, which has no type.
    return h.response(lines).code(200).type('application/x-ndjson')
  }

  return [{ method: 'GET', path: '/v1/decisions', handler: list }]
}
