/** One request of a client, on a connection of its own. */
export interface ShownRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The address that it comes from; `undefined` = that of this machine. */
  readonly from: string | undefined
}

export interface ShownResponse {
  readonly status: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What goes through a proxy to show a fault at work. */
export interface HttpScenario {
  readonly requests: readonly ShownRequest[]
  readonly response: ShownResponse
}

const HOST = { Host: 'shop.example' }

/** With nothing that a fault does not look at: what it changes is to be seen at a glance. */
function get(target: string, headers: Readonly<Record<string, string>> = {}, from?: string): ShownRequest {
  return { method: 'GET', target, headers: { ...HOST, ...headers }, body: '', from }
}

function post(target: string, body: string): ShownRequest {
  const headers = { ...HOST, 'Content-Type': 'application/json', 'Content-Length': String(body.length) }
  return { method: 'POST', target, headers, body, from: undefined }
}

function response(
  body: string,
  headers: Readonly<Record<string, string>> = { 'Content-Type': 'text/plain' },
  status = '200 OK',
): ShownResponse {
  return { status, headers: { ...headers, 'Content-Length': String(body.length) }, body }
}

const HELLO = response('hello')
const ORDER = post('/orders', '{"item":7}')
const ORDERED = response('{"order":42}', { 'Content-Type': 'application/json' }, '201 Created')
const LONG = { 'Content-Type': 'application/octet-stream' }
const VERSION = response('console.log("v42")', { 'Content-Type': 'text/javascript', ETag: '"v42"' })

/** Where a plain request does not show what the example of a fault does. */
const SPECIAL: Readonly<Record<string, HttpScenario>> = {
  http_error: { requests: [ORDER, ORDER, ORDER], response: ORDERED },
  http_latency: { requests: [get('/'), get('/'), get('/')], response: HELLO },
  http_bandwidth: { requests: [get('/video')], response: response('x'.repeat(85_536), LONG) },
  http_stall: { requests: [get('/video')], response: response('x'.repeat(10_000), LONG) },
  http_truncate: { requests: [get('/video')], response: response('x'.repeat(10_000), LONG) },
  http_reset: { requests: [ORDER], response: ORDERED },
  http_headers: {
    requests: [get('/account', { Authorization: 'Bearer abc' })],
    response: response('hello', { 'Content-Type': 'text/plain', ETag: '"v42"' }),
  },
  http_rewrite: { requests: [get('/api/v2/orders?page=3&size=10')], response: HELLO },
  http_body: {
    requests: [get('/tea')],
    response: response('{"name":"tea","price":4.5,"currency":"EUR"}', { 'Content-Type': 'application/json' }),
  },
  http_rate_limit: { requests: Array.from({ length: 6 }, () => get('/', { 'X-Api-Key': 'k1' })), response: HELLO },
  cdn_stale: {
    requests: [get('/app.js')],
    response: response('console.log("v42")', {
      Date: new Date(0).toUTCString(),
      'Cache-Control': 'public, max-age=600',
      'Content-Type': 'text/javascript',
    }),
  },
  cdn_range: {
    requests: [get('/video', { Range: 'bytes=0-1023' })],
    response: response('x'.repeat(1024), { ...LONG, 'Content-Range': 'bytes 0-1023/10000' }, '206 Partial Content'),
  },
  cdn_not_modified: { requests: [get('/app.js')], response: VERSION },
  cdn_mixed_versions: {
    requests: [get('/app.js', {}, '192.0.2.1'), get('/app.js', {}, '192.0.2.4')],
    response: VERSION,
  },
  cdn_bad_edge: {
    requests: ['alice', 'frank', 'alice'].map((user) => get('/', { 'X-User': user })),
    response: HELLO,
  },
}

/** @param type of a fault. */
export function httpScenario(type: string): HttpScenario {
  return SPECIAL[type] ?? { requests: [get('/')], response: HELLO }
}
