import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../../../src/observe/metrics.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { FoulweatherProcess, run } from '../../support/cli-process.ts'
import { eventually } from '../../support/wait.ts'

let rig: AdminRig
let origin: Server
let url: string

beforeAll(async () => {
  origin = createServer((request, response) => {
    request.resume().on('end', () => {
      response.statusCode = request.url?.startsWith('/missing') === true ? 404 : 200
      response.end('hello')
    })
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  rig = await AdminRig.listening()
  const [outcome] = await rig.dataPlane.apply({
    put: [
      {
        name: 'api',
        listen: '127.0.0.1:0',
        upstream: `127.0.0.1:${(origin.address() as AddressInfo).port}`,
        enabled: true,
        protocol: 'http',
        faults: [],
      },
    ],
  })
  url = `http://${outcome?.listen}`
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
  origin.close()
})

test('requests through a proxy with protocol http are shown by tail, counted in its snapshot and in the metrics', async () => {
  for (const [method, path] of [
    ['GET', '/a?token=secret'],
    ['POST', '/b'],
    ['GET', '/missing'],
  ] as const) {
    await (await fetch(`${url}${path}`, { method, ...(method === 'POST' ? { body: 'x' } : {}) })).text()
  }
  await eventually('all are over', async () => (await rig.dataPlane.exchangeLog()).newest === 3)
  const { code, stdout, stderr } = await run(['tail', '--no-follow'], { FOULWEATHER_URL: rig.url })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').slice(0, -1)
  expect(lines.map((line) => line.split('\t').toSpliced(5, 2).slice(1))).toEqual([
    ['api', 'GET', '/a?token=…', '200', 'upstream', 'answered', '-'],
    ['api', 'POST', '/b', '200', 'upstream', 'answered', '-'],
    ['api', 'GET', '/missing', '404', 'upstream', 'answered', '-'],
  ])
  for (const line of lines) {
    const [total = NaN, upstream = NaN] = line.split('\t').slice(5, 7).map(Number)
    expect(total).toBeGreaterThanOrEqual(upstream)
    expect(upstream).toBeGreaterThan(0)
  }
  const [proxy] = (await rig.dataPlane.snapshot('api')).proxies
  expect(proxy?.http).toMatchObject({ inFlight: 0, answered: { upstream: { '2xx': 2, '4xx': 1 }, injected: {} } })
  const metrics = await createMetrics({ dataPlane: rig.dataPlane, version: '1', groups: ['foulweather'] })()
  expect(metrics).toContain('foulweather_http_requests_total{proxy="api",origin="upstream",class="2xx"} 2\n')
  expect(metrics).toContain('foulweather_http_upstream_duration_seconds_count{proxy="api"} 3\n')
})

test.each([
  ['5', { code: 0, stdout: '', stderr: '' }],
  [
    '0',
    { code: 1, stdout: '', stderr: 'foulweather: the server keeps no exchanges: it was started with --exchanges 0\n' },
  ],
])('a server keeps as many as it is told: %s', async (kept, ran) => {
  await using server = await FoulweatherProcess.start({ argv: ['--exchanges', kept, '--show-queries'] })
  expect(await (await server.fetch('/v1/exchanges')).json()).toMatchObject({ total: 0, log: { kept: Number(kept) } })
  expect(await server.run('tail', '--no-follow')).toEqual(ran)
})
