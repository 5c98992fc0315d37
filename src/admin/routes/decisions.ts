import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import type { ControlPlane } from '../../control/control-plane.ts'
import { readDecisionQuery } from '../decision-query.ts'
import type { Operation } from '../operation.ts'
import { FORMAT, LIMIT, text } from '../shapes/common.ts'
import { decisionsShape } from '../shapes/decision.ts'

/** What was decided about sessions, and done to them: the latest, oldest first. */
export function decisionRoutes({ dataPlane }: ControlPlane): readonly ServerRoute[] {
  async function list(request: Request, h: ResponseToolkit) {
    const { filter, limit, format } = readDecisionQuery(request.query)
    const all = await dataPlane.decisions(filter)
    const decisions = all.slice(Math.max(0, all.length - limit))
    if (format === 'json') return { total: all.length, decisions }
    const lines = decisions.map((decision) => `${JSON.stringify(decision)}\n`).join('')
    // Of nothing hapi would make a 204, which has no type.
    return h.response(lines).code(200).type('application/x-ndjson')
  }

  return [{ method: 'GET', path: '/v1/decisions', options: { app: { operation: LIST } }, handler: list }]
}

const LIST: Operation = {
  id: 'listDecisions',
  tag: 'Decisions',
  summary: 'What was decided about sessions and exchanges, and done to them: the latest, oldest first.',
  query: [
    text('proxy', 'Of this proxy only.'),
    text('fault', 'Of faults with this name only.'),
    text('session', 'Of the session with this id only.'),
    { name: 'after', description: 'Only those after this `seq`.', schema: z.int().nonnegative() },
    LIMIT,
    FORMAT,
  ],
  answers: { 200: { description: 'They.', schema: decisionsShape } },
}
