import { FoulweatherError } from '../core/errors.ts'
import type { Role } from './operation.ts'

/** Each may do everything that the ones before it may do. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']

/** Whoever calls: with a token, the name of that. */
export interface Caller {
  readonly name?: string
  readonly role: Role
}

/** What a route wants whose description says nothing. @param method in lower case. */
export function usualRole(method: string): Role {
  return method === 'get' || method === 'head' ? 'viewer' : 'operator'
}

/** @param what was asked for, for the text. @throws FoulweatherError `forbidden`. */
export function refuseRole(caller: Caller | undefined, wanted: Role, what: string): void {
  if (caller !== undefined && mayAct(caller, wanted)) return
  const { name, role } = caller ?? {}
  const has = role === undefined ? 'there is no token' : `the token ${JSON.stringify(name ?? '')} has the role ${role}`
  throw new FoulweatherError('forbidden', `${what} wants the role ${wanted}; ${has}`, {
    field: 'Authorization',
    value: role,
    expected: `a token with the role ${wanted}`,
  })
}

export function mayAct({ role }: Caller, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted)
}
