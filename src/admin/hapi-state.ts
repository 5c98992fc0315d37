import type { Operation, Role } from './operation.ts'
import type { Caller } from './roles.ts'

/** Whose manners a route has: Toxiproxy's (plain texts, its statuses and quirks) or ours (problem documents). */
export type RouteFamily = 'toxiproxy' | 'native'

declare module '@hapi/hapi' {
  interface RouteOptionsApp {
    family?: RouteFamily
    /** Answers callers without the token. */
    open?: boolean
    /** What a caller has to be. Default: `viewer` where it is a GET, `operator` otherwise. */
    role?: Role
    /** Its description; native routes have one. */
    operation?: Operation
    /** It has no parameters, so that a query is refused. */
    asksNothing?: boolean
  }

  interface RequestApplicationState {
    /** Of requests that matched a route. */
    requestId?: string
    family?: RouteFamily
    /** Absent on routes that are open to everybody. */
    caller?: Caller
    /** What the query says of why, as often as it does; it is taken out of the query. */
    reasons?: readonly string[]
    /** A mistake of ours that is answered with 500. */
    bug?: Error
  }
}
