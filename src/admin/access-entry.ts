import type { Request } from '@hapi/hapi'
import { remoteOf } from './by.ts'

/** One request, for access logs. No header but the user agent, and no body: secrets stay out of logs. */
export interface AccessEntry {
  readonly method: string
  /** As sent, cut to 1000 characters. */
  readonly url: string
  readonly status: number
  readonly ms: number
  /** `ip:port` of the caller. */
  readonly remote: string
  readonly userAgent: string
  /** Of requests that matched a route. */
  readonly requestId?: string
  /** A mistake of ours that was answered with 500. */
  readonly error?: Error
}

const URL_SHOWN = 1000

export function accessEntry(request: Request): AccessEntry {
  const { response, info, app, raw } = request
  const { requestId, bug } = app
  return {
    method: raw.req.method ?? '',
    url: (raw.req.url ?? '').slice(0, URL_SHOWN),
    status: response instanceof Error ? response.output.statusCode : response.statusCode,
    ms: Date.now() - info.received,
    remote: remoteOf(request),
    userAgent: (raw.req.headers['user-agent'] ?? '').slice(0, URL_SHOWN),
    ...(requestId === undefined ? {} : { requestId }),
    ...(bug === undefined ? {} : { error: bug }),
  }
}
