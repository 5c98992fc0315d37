/** Whose manners a route has: Toxiproxy's (plain texts, its statuses and quirks) or ours (problem documents). */
export type RouteFamily = 'toxiproxy' | 'native'

declare module '@hapi/hapi' {
  interface RouteOptionsApp {
    family?: RouteFamily
    /** Answers callers without the token. */
    open?: boolean
  }

  interface RequestApplicationState {
    /** Of requests that matched a route. */
    requestId?: string
    family?: RouteFamily
    /** A mistake of ours that is answered with 500. */
    bug?: Error
  }
}
