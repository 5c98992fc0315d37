import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EngineRig } from '../../../support/engine-rig.ts'
import { bodyFault, httpFault } from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

const CLIENTS = 24
const DRAIN_MS = 120_000

/** Answers with the path, as often as it says: `/7/300` is 300 times `/7/300`. */
const origin = createServer(({ url = '' }, response) => {
  const text = url.repeat(Number(url.split('/').at(-1)))
  if (text.length % 2 === 0) response.setHeader('Content-Length', text.length)
  for (let at = 0; at < text.length; at += 5000) response.write(text.slice(at, at + 5000))
  response.end()
})
beforeAll(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
})
afterAll(() => {
  origin.closeAllConnections()
  origin.close()
})

const FAULTS = {
  none: [],
  heads: [httpFault('http_latency', { latency: 1, jitter: 1 })],
  bodies: [bodyFault('slicer', { average_size: 500 }), bodyFault('latency', { latency: 1 })],
  answers: [httpFault('http_error', { status: 503, body: 'no' }, { probability: 0.3 })],
  bytes: [httpFault('latency', { latency: 1 })],
}

test.each(Object.entries(FAULTS))(
  'a proxy that stops under load cuts no answer and loses none that has begun; with faults on %s',
  async (_, faults) => {
    await using rig = new EngineRig({ drainMs: DRAIN_MS })
    const upstream = `127.0.0.1:${(origin.address() as AddressInfo).port}`
    const proxy = await rig.proxy(upstream, { protocol: 'http', faults })
    const wrong: string[] = []
    let whole = 0
    let last = 0
    const client = async (which: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (let n = which; ; n += CLIENTS) {
        const path = `/${n}/${(n * 37) % 800}`
        const asked = request({ host: '127.0.0.1', port: proxy.port, path, agent }).end()
        // Between two exchanges a connection may close at any time, and then there is nobody who listens.
        const answers = await once(asked, 'response').catch(() => undefined)
        if (answers === undefined) break
        const [response] = answers as readonly IncomingMessage[]
        const text = await response?.toArray().then(
          (pieces) => Buffer.concat(pieces).toString(),
          (error: unknown) => `cut: ${String(error)}`,
        )
        const { statusCode, headers } = response ?? {}
        const wanted = statusCode === 503 ? 'no' : path.repeat((n * 37) % 800)
        if (text !== wanted) wrong.push(`${path}: ${text?.slice(0, 100)}`)
        whole++
        if (headers?.connection === 'close') last++
      }
      agent.destroy()
    }
    const clients = Array.from({ length: CLIENTS }, (_each, which) => client(which))
    await eventually('the load flows', () => whole > 10 * CLIENTS)
    await proxy.change({ enabled: false })
    await Promise.all(clients)
    await rig.allEnded()
    expect(wrong).toEqual([])
    expect(last).toBeLessThanOrEqual(CLIENTS)
    const exchanges = rig.plane.exchanges().map(({ outcome }) => outcome)
    expect(exchanges.filter((outcome) => outcome !== 'answered')).toEqual([])
  },
)
