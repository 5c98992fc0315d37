import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Foulweather } from '../../support/foulweather.ts'
import type { ProxyHandle } from '../../support/foulweather.ts'
import { redisProgram, startRedis } from '../../support/redis.ts'
import type { RedisServer } from '../../support/redis.ts'
import { eventually } from '../../support/wait.ts'

interface ClientOptions {
  readonly commandTimeout?: number
}

interface Address {
  readonly host: string
  readonly port: number
}

/** A client that comes back on its own; gone on disposal. */
function connect({ host, port }: Address, options: ClientOptions = {}): Redis & Disposable {
  const client = new Redis({ host, port, retryStrategy: () => 20, maxRetriesPerRequest: null, ...options })
  // Refused connections are told here while the proxy is down.
  client.on('error', () => {})
  return Object.assign(client, { [Symbol.dispose]: () => client.disconnect() })
}

/** Not `events.once`: that one fails when an `error` comes first, as it does when a connection is reset. */
function next(client: Redis, event: 'close' | 'ready'): Promise<void> {
  return new Promise((resolve) => client.once(event, resolve))
}

describe.skipIf(redisProgram.missing)(`a Redis client${redisProgram.note}`, () => {
  let server: RedisServer
  let foulweather: Foulweather
  let proxy: ProxyHandle
  beforeAll(async () => {
    server = await startRedis()
    foulweather = await Foulweather.start()
  })
  afterAll(async () => {
    await foulweather?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    using direct = connect(server)
    await direct.flushall()
    proxy = await foulweather.proxyTo(server)
  })

  /** Waits until exactly one client of the server is blocked, and it is not `other`; answers its id. */
  async function blockedClient(other?: string): Promise<string> {
    using direct = connect(server)
    return await eventually('one client is blocked', async () => {
      const list = String(await direct.client('LIST'))
      const blocked = list.split('\n').filter((line) => /cmd=blpop/.test(line) && /flags=\w*b/.test(line))
      const id = /\bid=(\d+)/.exec(blocked[0] ?? '')?.[1]
      return blocked.length === 1 && id !== other ? id : undefined
    })
  }

  it('keeps commands while the proxy is down and sends them when it is up again', async () => {
    using client = connect(proxy)
    await client.set('before', 'the storm')
    await proxy.disable()
    await next(client, 'close')
    const pending = [client.get('before'), client.set('during', '1'), client.incr('during')]
    await proxy.enable()
    expect(await Promise.all(pending)).toEqual(['the storm', 'OK', 2])
  })

  it('comes back after every reset of its connection', async () => {
    using client = connect(proxy)
    using direct = connect(server)
    await client.ping()
    for (let round = 1; round <= 3; round++) {
      const closed = next(client, 'close')
      await proxy.addToxic({ name: 'reset', type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } })
      // Swallowed on its way to the server, so it is carried out once, after the reconnection.
      const pending = client.incr('rounds')
      await closed
      await proxy.removeToxic('reset')
      expect(await pending).toBe(round)
    }
    expect(await direct.get('rounds')).toBe('3')
  })

  it('gets the answers of a pipeline in order through slicer and latency', async () => {
    await proxy.addToxic({ type: 'slicer', stream: 'upstream', attributes: { average_size: 100, size_variation: 50 } })
    await proxy.addToxic({ type: 'slicer', stream: 'downstream', attributes: { average_size: 40, size_variation: 30 } })
    await proxy.addToxic({ type: 'latency', stream: 'upstream', attributes: { latency: 20, jitter: 15 } })
    await proxy.addToxic({ type: 'latency', stream: 'downstream', attributes: { latency: 20, jitter: 15 } })
    using client = connect(proxy)
    const numbers = Array.from({ length: 1_000 }, (_, n) => n)
    const pipelines = Array.from({ length: 5 }, async (_, p) => {
      const pipeline = client.pipeline()
      for (const n of numbers) pipeline.rpush(`list-${p}`, `${p}:${n}:${'x'.repeat(n % 97)}`)
      pipeline.lrange(`list-${p}`, 0, -1)
      return await pipeline.exec()
    })
    for (const [p, results] of (await Promise.all(pipelines)).entries()) {
      const list = numbers.map((n) => `${p}:${n}:${'x'.repeat(n % 97)}`)
      expect(results).toEqual([...numbers.map((n) => [null, n + 1]), [null, list]])
    }
  })

  it('gets a binary value back as it was through changing weather', async () => {
    using client = connect(proxy)
    const value = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255))
    await proxy.addToxic({ name: 'thin', type: 'bandwidth', stream: 'upstream', attributes: { rate: 10_000 } })
    const stored = client.set('value', value)
    await proxy.addToxic({ type: 'slicer', stream: 'upstream', attributes: { average_size: 1_000 } })
    await proxy.updateToxic('thin', { attributes: { rate: 20_000 } })
    expect(await stored).toBe('OK')
    const fetched = client.getBuffer('value')
    await proxy.addToxic({ type: 'slicer', stream: 'downstream', attributes: { average_size: 1_000 } })
    await proxy.removeToxic('thin')
    expect((await fetched)?.equals(value)).toBe(true)
  })

  it('goes on with a blocking command after the proxy was down', async () => {
    using client = connect(proxy)
    using direct = connect(server)
    const popped = client.blpop('jobs', 0)
    const first = await blockedClient()

    await proxy.disable()
    await proxy.enable()
    await blockedClient(first)

    await direct.rpush('jobs', 'one', 'two')
    expect(await popped).toEqual(['jobs', 'one'])
    expect(await direct.lrange('jobs', 0, -1)).toEqual(['two'])
  })

  it('hears its channel again, in order, after the proxy was down', async () => {
    using subscriber = connect(proxy)
    using direct = connect(server)
    const heard: string[] = []
    subscriber.on('message', (_channel, message) => heard.push(message))
    const subscribers = async () => Number((await direct.pubsub('NUMSUB', 'news'))[1])

    await subscriber.subscribe('news')
    expect(await direct.publish('news', 'before')).toBe(1)
    await expect.poll(() => heard).toEqual(['before'])

    await proxy.disable()
    await eventually('nobody is subscribed', async () => (await subscribers()) === 0)
    expect(await direct.publish('news', 'lost')).toBe(0)

    await proxy.enable()
    await eventually('somebody is subscribed', async () => (await subscribers()) === 1)
    const messages = Array.from({ length: 200 }, (_, n) => `after-${n}`)
    for (const message of messages) await direct.publish('news', message)
    await expect.poll(() => heard, { timeout: 15_000 }).toEqual(['before', ...messages])
  })

  it('has its command time-out when answers are swallowed, and heals', async () => {
    using client = connect(proxy, { commandTimeout: 300 })
    await client.set('key', 'value')
    await proxy.addToxic({ name: 'silence', type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } })
    await expect(client.get('key')).rejects.toThrow(/timed out/i)
    const closed = next(client, 'close')
    await proxy.removeToxic('silence')
    await closed
    await next(client, 'ready')
    expect(await client.get('key')).toBe('value')
  })
})
