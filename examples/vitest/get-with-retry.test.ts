import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFoulweather, type Foulweather, type OwnProxy } from 'foulweather'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getWithRetry } from './get-with-retry.ts'

let origin: Server
let foulweather: Foulweather
let web: OwnProxy
let requests = 0

beforeAll(async () => {
  origin = createServer((_request, response) => {
    requests++
    response.end('hello')
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const { port } = origin.address() as AddressInfo
  foulweather = await createFoulweather({ seed: 1 })
  web = await foulweather.proxy({ upstream: `http://127.0.0.1:${port}` })
})

afterAll(async () => {
  await foulweather.close()
  origin.close()
})

describe('getWithRetry', () => {
  test('asks once in fair weather', async () => {
    requests = 0
    expect(await getWithRetry(web.url)).toBe('hello')
    expect(requests).toBe(1)
  })

  test('rides out two answers of 503', async () => {
    await using fault = await web.fault({ type: 'http_error', status: 503, count: { first: 2 } })
    expect(await getWithRetry(web.url, { pauseMs: 1 })).toBe('hello')
    expect((await fault.status()).counters.selected).toBe(2)
  })

  test('gives up after three', async () => {
    await using fault = await web.fault({ type: 'http_error', status: 503 })
    await expect(getWithRetry(web.url, { pauseMs: 1 })).rejects.toThrow('the server answered 503')
    expect((await fault.status()).counters.selected).toBe(3)
  })

  test('does not ask again where that cannot help', async () => {
    await using fault = await web.fault({ type: 'http_error', status: 404 })
    await expect(getWithRetry(web.url, { pauseMs: 1 })).rejects.toThrow('the server answered 404')
    expect((await fault.status()).counters.selected).toBe(1)
  })

  test('asks again where the connection is reset in the middle of the body', async () => {
    await using _fault = await web.fault({ type: 'http_truncate', at: 2, how: 'reset', count: { first: 1 } })
    expect(await getWithRetry(web.url, { pauseMs: 1 })).toBe('hello')
  })

  test('does not wait for ever for an origin that has gone quiet', async () => {
    const answer = web.withFault({ type: 'http_latency', latency: '1h' }, () =>
      getWithRetry(web.url, { attempts: 2, timeoutMs: 50, pauseMs: 1 }),
    )
    await expect(answer).rejects.toThrow(/timeout/i)
  })
})
