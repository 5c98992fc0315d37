import { parseAddress } from '../../core/address.ts'
import { headerOf, withHeader, type RequestHead } from '../../core/http.ts'
import type { HttpOptions } from '../../core/plan.ts'

/** What a request is forwarded for. */
export interface ForwardedFor {
  readonly http: HttpOptions
  readonly upstream: string
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  /** It came by TLS. */
  readonly secure: boolean
}

/** Whether requests go on with other heads than they came with. */
export function rewritesRequests({ host = 'preserve', forwardedFor = false }: HttpOptions): boolean {
  return host !== 'preserve' || forwardedFor
}

/** The head as the proxy's options have it: another `Host`, and whom the request comes from (the fields that HAProxy and nginx write). */
export function forwardedRequest(
  head: RequestHead,
  { http, upstream, clientAddress, secure }: ForwardedFor,
): RequestHead {
  const { host = 'preserve', forwardedFor = false } = http
  const asked = headerOf(head, 'host')
  let { headers } = head
  if (forwardedFor) {
    const before = headerOf(head, 'x-forwarded-for')
    const client = hostOf(clientAddress)
    headers = withHeader(headers, 'X-Forwarded-For', before === undefined ? client : `${before}, ${client}`)
    headers = withHeader(headers, 'X-Forwarded-Proto', secure ? 'https' : 'http')
    if (asked !== undefined) headers = withHeader(headers, 'X-Forwarded-Host', asked)
  }
  if (host !== 'preserve') headers = withHeader(headers, 'Host', host === 'upstream' ? authorityOf(upstream) : host)
  const { method, target, minor, bodyKind, bodyLength } = head
  return { method, target, minor, bodyKind, bodyLength, headers }
}

function hostOf(address: string): string {
  const parsed = parseAddress(address)
  return parsed.kind === 'tcp' ? parsed.host : address
}

/** As a client that dials the upstream itself would write it. */
function authorityOf(upstream: string): string {
  const parsed = parseAddress(upstream)
  if (parsed.kind !== 'tcp') return 'localhost'
  const host = parsed.host === '' ? 'localhost' : parsed.host
  const name = host.includes(':') ? `[${host}]` : host
  return parsed.port === '80' || parsed.port === '443' ? name : `${name}:${parsed.port}`
}
