import type { Request, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { FoulweatherError } from '../../core/errors.ts'
import type { SessionInfo } from '../../engine/data-plane.ts'
import { readSessionQuery } from '../session-query.ts'

/** Sessions: look at them, and reset one. */
export function sessionRoutes({ dataPlane }: ControlPlane): readonly ServerRoute[] {
  function list(request: Request) {
    const { limit, filter } = readSessionQuery(request.query)
    const sessions = dataPlane.sessions(filter)
    return { total: sessions.length, sessions: sessions.slice(0, limit) }
  }

  function find(id: string): SessionInfo {
    const session = dataPlane.sessions({ state: 'all' }).find((candidate) => candidate.id === id)
    if (session === undefined) throw notFound(id)
    return session
  }

  return [
    { method: 'GET', path: '/v1/sessions', handler: list },
    { method: 'GET', path: '/v1/sessions/{id}', handler: (request) => find(idOf(request)) },
    {
      method: 'DELETE',
      path: '/v1/sessions/{id}',
      handler: (request, h) => {
        if (!dataPlane.kill(idOf(request))) throw notFound(idOf(request))
        return h.response().code(204)
      },
    },
  ]
}

function idOf(request: Request): string {
  return String(request.params['id'])
}

function notFound(id: string): FoulweatherError {
  return new FoulweatherError('session_not_found', `no session has the id ${JSON.stringify(id)}`, {
    field: 'id',
    value: id,
  })
}
