import type { NativeFault } from '../admin.ts'

/**
 * Ten faults whose match fails for every request of the benchmarks (GET of `/100`, …, by HTTP/1.1 from 127.0.0.1): by method, path, host, query,
 * field, client and several of them; glob and regular expression. What fails only at the last condition costs most, so that these are among them.
 */
const MATCHES: readonly NonNullable<NativeFault['match']>[] = [
  { path: '/never/*' },
  { method: 'DELETE' },
  { host: 'never.example' },
  { query: { debug: '1' } },
  { headers: { 'x-tenant': 'canary-*' } },
  { client: '203.0.113.0/24' },
  { path: '/^\\/api\\/v[0-9]+\\//' },
  { method: 'GET', path: '/*', headers: { 'x-canary': 'yes' } },
  { method: 'GET', client: '127.0.0.0/8', query: { user: 'a*' } },
  { method: 'POST', path: '/never/*', headers: { 'content-type': 'application/json' } },
]

export const UNMATCHED_FAULTS: readonly NativeFault[] = MATCHES.map((match, i) => ({
  name: `unmatched-${i + 1}`,
  type: 'http_error',
  status: 503,
  match,
}))
