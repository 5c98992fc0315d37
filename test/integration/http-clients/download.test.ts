import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'
import { describe, expect, it } from 'vitest'
import { StreamChecker } from '../../support/checked-stream.ts'
import { HttpProxy } from '../../support/http-clients.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { contentOf } from '../../support/http-clients-origin.ts'
import { startSource } from '../../support/http-clients-servers.ts'
import { UnsettledWeather } from '../../support/http-clients-weather.ts'

/** `DOWNLOAD_MB=1024` for the whole thing: a minute or two. */
const BYTES = Number(process.env['DOWNLOAD_MB'] ?? 128) * 2 ** 20
const SEED = Number(process.env['DOWNLOAD_SEED'] ?? Date.now() % 1_000_000)
const WITHIN = 60_000 + BYTES / 2000

/** Compares every byte with what the origin makes, and keeps none. `begun` is called when the head has come. */
async function download({ url }: HttpProxy, path: string, length: number, begun: () => void): Promise<void> {
  const client = new Client(url)
  try {
    const { statusCode, body } = await client.request({ path: `${path}/${length}`, method: 'GET' })
    begun()
    expect(statusCode).toBe(200)
    const checker = new StreamChecker(length)
    for await (const chunk of body as AsyncIterable<Buffer>) checker.feed(chunk)
    expect(checker.finish(length)).toBeUndefined()
    // The connection is as good as before.
    const { body: next } = await client.request({ path: '/bytes/1000', method: 'GET' })
    expect(Buffer.from(await next.arrayBuffer()).equals(contentOf(1000))).toBe(true)
  } finally {
    await client.destroy()
  }
}

describe(`a download of ${BYTES / 2 ** 20} MB through unsettled weather (DOWNLOAD_SEED=${SEED})`, () => {
  it.for(['/bytes', '/chunked'])('is exact to the byte (%s)', { timeout: WITHIN }, async (path) => {
    await using source = await startSource()
    await using foulweather = await Foulweather.start()
    const proxy = await HttpProxy.create(foulweather, 'web', source)
    const weather = await UnsettledWeather.begin(proxy, SEED)
    const over = new AbortController()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const work = download(proxy, path, BYTES, begin).finally(() => over.abort())
    await Promise.race([begun, work])
    // From here on: all faults stood when the head came, and work on this download until they are changed or removed.
    const [{ changes, added }, others] = await Promise.all([
      weather.goOn(over.signal),
      smallOnes(proxy, over.signal),
      work,
    ])
    expect(others.wrong).toBe(0)
    // It was unsettled indeed.
    expect(changes).toBeGreaterThan(30)
    expect([...added.keys()]).toEqual(
      expect.arrayContaining(['http_latency', 'http_bandwidth', 'http_stall', 'slicer']),
    )
    expect(others.right).toBeGreaterThan(5)

    const exchanges = await proxy.exchanges(Math.min(others.right + 2, 1000))
    expect(exchanges.filter(({ origin, outcome }) => `${origin} ${outcome}` !== 'upstream answered')).toEqual([])
    const large = exchanges.find(({ path: asked }) => asked.endsWith(`/${BYTES}`))
    expect(large?.bytes.response).toBeGreaterThan(BYTES)
  })
})

/** Asks for small things, on connections of their own and on one that stays, as long as the download lasts. */
async function smallOnes({ url }: HttpProxy, signal: AbortSignal): Promise<{ right: number; wrong: number }> {
  const counts = { right: 0, wrong: 0 }
  const kept = new Client(url)
  for (let index = 0; !signal.aborted; index++) {
    const fresh = index % 4 === 0
    const client = fresh ? new Client(url) : kept
    const size = (index * 7919) % 150_000
    const { statusCode, body } = await client.request({ path: `/bytes/${size}`, method: 'GET' })
    const exact = Buffer.from(await body.arrayBuffer()).equals(contentOf(size))
    counts[statusCode === 200 && exact ? 'right' : 'wrong']++
    if (fresh) await client.destroy()
    await sleep(5)
  }
  await kept.destroy()
  return counts
}
