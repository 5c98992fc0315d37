import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { ProxySnapshot, Snapshot } from '../../../src/engine/data-plane.ts'
import { createMetrics } from '../../../src/observe/metrics.ts'
import { metricsReference } from '../../../src/observe/metrics-reference.ts'

const own = { own: { seen: 0, selected: 0, applied: 0, shadowed: 0, skipped: {} }, ramped: {} }

const bytes = { upstream: { received: 5, sent: 5 }, downstream: { received: 7, sent: 6 } }
const redis: ProxySnapshot = {
  name: 'redis',
  listen: '127.0.0.1:26379',
  upstream: 'localhost:6379',
  running: true,
  sessions: { total: 3, active: 1, endings: { 'client:closed': 1, 'injected:cut: now': 1 } },
  bytes,
  places: [{ listen: '127.0.0.1:26379', upstream: 'localhost:6379', bytes }],
  faults: {
    slow: {
      ...own,
      seen: 4,
      selected: 1,
      applied: 9,
      shadowed: 0,
      skipped: { draw: 2, max_active: 1 },
      active: 1,
      state: 'working',
    },
    past: { ...own, seen: 1, selected: 1, applied: 0, shadowed: 0, skipped: {}, active: 0, state: 'gone' },
  },
  connect: { bounds: [1, 10], counts: [2, 1, 1], sum: 34.5 },
}

/** The same with exchanges of HTTP. */
const api: ProxySnapshot = {
  ...redis,
  name: 'api',
  http: {
    inFlight: 2,
    answered: { upstream: { '2xx': 9, '4xx': 1 }, injected: { '5xx': 3, none: 1 }, client: {}, proxy: {} },
    refused: { client: { bare_lf: 4 }, upstream: { bad_chunk: 1 } },
    totalMs: { bounds: [10, 100], counts: [3, 2, 1], sum: 450 },
    upstreamMs: { bounds: [10, 100], counts: [1, 0, 0], sum: 5 },
  },
}

function snapshotOf(...proxies: readonly ProxySnapshot[]): Snapshot {
  return {
    proxies,
    decisions: { total: 7, kept: 5 },
    held: { bytes: 10, limit: 1000, perSessionLimit: 100, stalls: 2 },
    lateness: { bounds: [0.5], counts: [8, 0], sum: 2 },
  }
}

async function linesOf(snapshot: Snapshot, groups?: Parameters<typeof createMetrics>[0]['groups']): Promise<string[]> {
  const dataPlane = { snapshot: () => snapshot }
  const text = await createMetrics({ dataPlane, version: '9.9.9', ...(groups === undefined ? {} : { groups }) })()
  return text.split('\n')
}

test("Toxiproxy's counters have its names, its labels in its order, and no help text", async () => {
  const lines = await linesOf(snapshotOf(redis), ['toxiproxy'])
  const place = 'listener="127.0.0.1:26379",proxy="redis",upstream="localhost:6379"'
  expect(lines.filter((line) => line !== '')).toEqual([
    '# HELP toxiproxy_proxy_received_bytes_total ',
    '# TYPE toxiproxy_proxy_received_bytes_total counter',
    `toxiproxy_proxy_received_bytes_total{direction="upstream",${place}} 5`,
    `toxiproxy_proxy_received_bytes_total{direction="downstream",${place}} 7`,
    '# HELP toxiproxy_proxy_sent_bytes_total ',
    '# TYPE toxiproxy_proxy_sent_bytes_total counter',
    `toxiproxy_proxy_sent_bytes_total{direction="upstream",${place}} 5`,
    `toxiproxy_proxy_sent_bytes_total{direction="downstream",${place}} 6`,
  ])
})

test.each([
  'foulweather_proxy_running{proxy="redis"} 1',
  'foulweather_sessions_total{proxy="redis"} 3',
  'foulweather_sessions_active{proxy="redis"} 1',
  'foulweather_session_endings_total{proxy="redis",origin="client",reason="closed"} 1',
  'foulweather_session_endings_total{proxy="redis",origin="injected",reason="cut: now"} 1',
  'foulweather_bytes_total{proxy="redis",direction="downstream",point="sent"} 6',
  'foulweather_faults_seen_total{proxy="redis",fault="slow"} 4',
  'foulweather_faults_selected_total{proxy="redis",fault="slow"} 1',
  'foulweather_faults_skipped_total{proxy="redis",fault="slow",reason="draw"} 2',
  'foulweather_faults_skipped_total{proxy="redis",fault="slow",reason="max_active"} 1',
  'foulweather_faults_active{proxy="redis",fault="slow"} 1',
  'foulweather_faults_seen_total{proxy="redis",fault="past"} 1',
  'foulweather_faults_applied_total{proxy="redis",fault="slow"} 9',
  'foulweather_held_bytes 10',
  'foulweather_held_bytes_limit 1000',
  'foulweather_held_bytes_session_limit 100',
  'foulweather_held_limit_stalls_total 2',
  'foulweather_build_info{version="9.9.9",node="' + process.versions.node + '"} 1',
])('the page has the line %s', async (line) => {
  expect(await linesOf(snapshotOf(redis))).toContain(line)
})

test('a fault that is gone keeps its counters, and has no sessions to tell of', async () => {
  const lines = await linesOf(snapshotOf(redis))
  expect(lines.filter((line) => line.startsWith('foulweather_faults_active'))).toEqual([
    'foulweather_faults_active{proxy="redis",fault="slow"} 1',
  ])
})

test('histograms are cumulative, in seconds', async () => {
  const lines = await linesOf(snapshotOf(redis))
  expect(lines.filter((line) => line.startsWith('foulweather_upstream_connect_seconds'))).toEqual([
    'foulweather_upstream_connect_seconds_bucket{proxy="redis",le="0.001"} 2',
    'foulweather_upstream_connect_seconds_bucket{proxy="redis",le="0.01"} 3',
    'foulweather_upstream_connect_seconds_bucket{proxy="redis",le="+Inf"} 4',
    'foulweather_upstream_connect_seconds_sum{proxy="redis"} 0.0345',
    'foulweather_upstream_connect_seconds_count{proxy="redis"} 4',
  ])
  expect(lines).toContain('foulweather_scheduler_lateness_seconds_bucket{le="+Inf"} 8')
  expect(lines).toContain('# TYPE foulweather_scheduler_lateness_seconds histogram')
})

test('exchanges of HTTP are counted by who answered and how; other proxies have none', async () => {
  const lines = await linesOf(snapshotOf(redis, api), ['foulweather'])
  expect(lines.filter((line) => line.startsWith('foulweather_http_'))).toEqual([
    'foulweather_http_requests_total{proxy="api",origin="upstream",class="2xx"} 9',
    'foulweather_http_requests_total{proxy="api",origin="upstream",class="4xx"} 1',
    'foulweather_http_requests_total{proxy="api",origin="injected",class="5xx"} 3',
    'foulweather_http_requests_total{proxy="api",origin="injected",class="none"} 1',
    'foulweather_http_requests_in_flight{proxy="api"} 2',
    'foulweather_http_request_duration_seconds_bucket{proxy="api",le="0.01"} 3',
    'foulweather_http_request_duration_seconds_bucket{proxy="api",le="0.1"} 5',
    'foulweather_http_request_duration_seconds_bucket{proxy="api",le="+Inf"} 6',
    'foulweather_http_request_duration_seconds_sum{proxy="api"} 0.45',
    'foulweather_http_request_duration_seconds_count{proxy="api"} 6',
    'foulweather_http_upstream_duration_seconds_bucket{proxy="api",le="0.01"} 1',
    'foulweather_http_upstream_duration_seconds_bucket{proxy="api",le="0.1"} 1',
    'foulweather_http_upstream_duration_seconds_bucket{proxy="api",le="+Inf"} 1',
    'foulweather_http_upstream_duration_seconds_sum{proxy="api"} 0.005',
    'foulweather_http_upstream_duration_seconds_count{proxy="api"} 1',
    'foulweather_http_refused_total{proxy="api",from="client",rule="bare_lf"} 4',
    'foulweather_http_refused_total{proxy="api",from="upstream",rule="bad_chunk"} 1',
  ])
})

test('names of users cannot break out of their labels', async () => {
  const lines = await linesOf(snapshotOf({ ...redis, name: 'a"b\\c\nd' }), ['foulweather'])
  expect(lines).toContain('foulweather_sessions_total{proxy="a\\"b\\\\c\\nd"} 3')
})

test('values are those of the moment of the question', async () => {
  let snapshot = snapshotOf(redis)
  const metrics = createMetrics({ dataPlane: { snapshot: () => snapshot }, version: '1', groups: ['foulweather'] })
  expect(await metrics()).toContain('foulweather_sessions_total{proxy="redis"} 3\n')
  snapshot = snapshotOf({ ...redis, sessions: { ...redis.sessions, total: 4 } })
  expect(await metrics()).toContain('foulweather_sessions_total{proxy="redis"} 4\n')
})

test('only the groups asked for are shown', async () => {
  const processOnly = (await linesOf(snapshotOf(redis), ['process'])).join('\n')
  expect(processOnly).toContain('process_cpu_seconds_total')
  expect(processOnly).toContain('nodejs_version_info')
  expect(processOnly).not.toMatch(/toxiproxy_|foulweather_sessions/)
  const proxiesOnly = (await linesOf(snapshotOf(redis), ['toxiproxy', 'foulweather'])).join('\n')
  expect(proxiesOnly).not.toMatch(/process_|nodejs_/)
})

test('the docs page has every metric of ours and is up to date', async () => {
  const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  expect(page).toBe(metricsReference())
  const names = (await linesOf(snapshotOf(redis)))
    .map((line) => /^# TYPE ((?:toxiproxy|foulweather)_\w+)/.exec(line)?.[1])
    .filter((name) => name !== undefined)
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) expect(page).toContain(`\`${name}\``)
})
