import { FoulweatherError } from '../core/errors.ts'

export function sessionNotFound(id: string): FoulweatherError {
  return new FoulweatherError('session_not_found', `no session has the id ${JSON.stringify(id)}`, {
    field: 'id',
    value: id,
  })
}
