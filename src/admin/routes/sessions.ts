import type { Request, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import type { ControlPlane } from '../../control/control-plane.ts'
import { findSession } from '../../control/find-session.ts'
import { byOf } from '../by.ts'
import type { Operation } from '../operation.ts'
import { readSessionQuery } from '../session-query.ts'
import { text } from '../shapes/common.ts'
import { sessionShape, sessionsShape } from '../shapes/session.ts'

/** Sessions: look at them, and reset one. */
export function sessionRoutes(control: ControlPlane): readonly ServerRoute[] {
  const { dataPlane } = control

  async function list(request: Request) {
    const { limit, filter } = readSessionQuery(request.query)
    const sessions = await dataPlane.sessions(filter)
    return { total: sessions.length, sessions: sessions.slice(0, limit) }
  }

  return [
    { method: 'GET', path: '/v1/sessions', options: { app: { operation: OPERATIONS.list } }, handler: list },
    {
      method: 'GET',
      path: '/v1/sessions/{id}',
      options: { app: { operation: OPERATIONS.show } },
      handler: (request) => findSession(dataPlane, idOf(request), 'all'),
    },
    {
      method: 'DELETE',
      path: '/v1/sessions/{id}',
      options: { app: { operation: OPERATIONS.remove } },
      handler: async (request, h) => {
        await control.resetSession(idOf(request), byOf(request))
        return h.response().code(204)
      },
    },
  ]
}

function idOf(request: Request): string {
  return String(request.params['id'])
}

const TAG = 'Sessions'

const OPERATIONS = {
  list: {
    id: 'listSessions',
    tag: TAG,
    summary: 'Sessions: connections of clients.',
    query: [
      text('proxy', 'Of this proxy only.'),
      {
        name: 'state',
        description: 'Those that live, the most recent ones that have ended, or both.',
        schema: z.enum(['live', 'ended', 'all']).default('live'),
      },
      { name: 'limit', description: 'How many at most.', schema: z.int().min(1).max(9999).default(1000) },
    ],
    answers: { 200: { description: 'They.', schema: sessionsShape } },
  },
  show: {
    id: 'getSession',
    tag: TAG,
    summary: 'One session, live or ended lately.',
    answers: { 200: { description: 'The session.', schema: sessionShape } },
    errors: ['session_not_found'],
  },
  remove: {
    id: 'resetSession',
    tag: TAG,
    summary: 'Resets a live session: both peers get a RST.',
    description: 'It ends with the origin `proxy` and the reason `killed`.',
    answers: { 204: { description: 'It is being reset.' } },
    errors: ['session_not_found'],
  },
} satisfies Readonly<Record<string, Operation>>
