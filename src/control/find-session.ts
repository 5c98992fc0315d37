import { FoulweatherError } from '../core/errors.ts'
import type { DataPlane, SessionInfo } from '../engine/data-plane.ts'

/** @throws FoulweatherError `session_not_found`. */
export async function findSession(dataPlane: DataPlane, id: string, state: 'live' | 'all'): Promise<SessionInfo> {
  const [session] = await dataPlane.sessions({ id, state })
  if (session === undefined) throw sessionNotFound(id)
  return session
}

export function sessionNotFound(id: string): FoulweatherError {
  return new FoulweatherError('session_not_found', `no session has the id ${JSON.stringify(id)}`, {
    field: 'id',
    value: id,
  })
}
