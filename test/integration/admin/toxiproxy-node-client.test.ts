import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Toxiproxy, ToxiproxyError, type Proxy, type ToxicType } from 'toxiproxy-node-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdminRig, echoServer } from '../../support/admin-rig.ts'

/** The client that Node programs use against Toxiproxy, unchanged, with everything that it offers. */

let rig: AdminRig
let echo: Awaited<ReturnType<typeof echoServer>>
let toxiproxy: Toxiproxy
beforeEach(async () => {
  rig = await AdminRig.listening()
  echo = await echoServer()
  toxiproxy = new Toxiproxy(rig.url)
})
afterEach(async () => {
  await rig[Symbol.asyncDispose]()
  await echo[Symbol.asyncDispose]()
})

function body(name: string) {
  return { name, listen: 'localhost:0', upstream: echo.address }
}

async function dial(proxy: Proxy): Promise<Socket> {
  const [host, port] = proxy.listen.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Sends through the proxy and answers what comes back, and after how many milliseconds. */
async function roundTrip(proxy: Proxy, text: string): Promise<{ echoed: string; ms: number }> {
  const socket = await dial(proxy)
  const start = performance.now()
  socket.end(text)
  let echoed = ''
  for await (const chunk of socket) echoed += String(chunk)
  return { echoed, ms: performance.now() - start }
}

/** What the client is sent and keeps to itself. */
async function toxicsShown(): Promise<unknown> {
  const proxies = (await (await fetch(`${rig.url}/proxies`)).json()) as Record<string, { toxics: unknown }>
  return proxies['a']?.toxics
}

async function connectionRefused(proxy: Proxy): Promise<boolean> {
  return dial(proxy).then(
    (socket) => {
      socket.destroy()
      return false
    },
    () => true,
  )
}

describe('proxies', () => {
  test('are created and carry bytes', async () => {
    const proxy = await toxiproxy.createProxy(body('a'))
    expect(proxy.toJson()).toEqual({
      name: 'a',
      listen: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      upstream: echo.address,
      enabled: true,
    })
    expect(await roundTrip(proxy, 'hello')).toMatchObject({ echoed: 'hello' })
  })

  test('are found again, alone and all together', async () => {
    const created = await toxiproxy.createProxy(body('a'))
    await toxiproxy.createProxy(body('b'))
    expect((await toxiproxy.get('a')).toJson()).toEqual(created.toJson())
    expect(Object.keys(await toxiproxy.getAll())).toEqual(['a', 'b'])
  })

  test('are populated', async () => {
    const proxies = await toxiproxy.populate([body('a'), body('b')])
    expect(Object.keys(proxies)).toEqual(['a', 'b'])
    expect(await roundTrip(proxies['b']!, 'hello')).toMatchObject({ echoed: 'hello' })
  })

  test('are disabled and enabled on the same port', async () => {
    const proxy = await toxiproxy.createProxy(body('a'))
    const { listen, upstream } = proxy
    const off = await proxy.update({ listen, upstream, enabled: false })
    expect(off.enabled).toBe(false)
    expect(await connectionRefused(proxy)).toBe(true)
    const on = await proxy.update({ listen, upstream, enabled: true })
    expect(on.toJson()).toEqual(proxy.toJson())
    expect(await roundTrip(on, 'hello')).toMatchObject({ echoed: 'hello' })
  })

  test('are removed', async () => {
    const proxy = await toxiproxy.createProxy(body('a'))
    await proxy.remove()
    expect(await toxiproxy.getAll()).toEqual({})
    expect(await connectionRefused(proxy)).toBe(true)
  })

  test('that are not there or are there already are refused with the statuses that the client shows', async () => {
    await toxiproxy.createProxy(body('a'))
    await expect(toxiproxy.createProxy(body('a'))).rejects.toThrow(
      new ToxiproxyError('Error', 'Request failed with status code 409'),
    )
    await expect(toxiproxy.get('x')).rejects.toThrow('404')
  })
})

describe('toxics', () => {
  const ATTRIBUTES: Readonly<Record<Exclude<ToxicType, 'down'>, Record<string, number>>> = {
    latency: { latency: 200, jitter: 10 },
    bandwidth: { rate: 100 },
    slow_close: { delay: 10 },
    timeout: { timeout: 10 },
    reset_peer: { timeout: 10 },
    slicer: { average_size: 100, size_variation: 10, delay: 10 },
    limit_data: { bytes: 10 },
  }

  test.each(Object.entries(ATTRIBUTES))('%s is added, read, updated and removed', async (type, attributes) => {
    const proxy = await toxiproxy.createProxy(body('a'))
    const wanted = { name: 't', type: type as ToxicType, stream: 'upstream' as const, toxicity: 0.5, attributes }
    const toxic = await proxy.addToxic(wanted)
    expect(toxic.toJson()).toEqual(wanted)
    expect((await proxy.getToxic('t')).toJson()).toEqual(wanted)
    expect((await toxic.update({ ...wanted, toxicity: 1 })).toJson()).toEqual({ ...wanted, toxicity: 1 })
    await toxic.remove()
    await expect(proxy.getToxic('t')).rejects.toThrow('404')
  })

  test('act on the bytes, and stop acting when they are removed', async () => {
    const proxy = await toxiproxy.createProxy(body('a'))
    const toxic = await proxy.addToxic({
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 300, jitter: 0 },
    })
    const slow = await roundTrip(proxy, 'hello')
    expect(slow.echoed).toBe('hello')
    expect(slow.ms).toBeGreaterThanOrEqual(295)
    await toxic.remove()
    expect(await roundTrip(proxy, 'hello')).toMatchObject({ echoed: 'hello' })
  })

  test('of a name that is taken are refused', async () => {
    const proxy = await toxiproxy.createProxy(body('a'))
    const wanted = {
      name: 't',
      type: 'latency',
      stream: 'upstream',
      toxicity: 1,
      attributes: { latency: 1, jitter: 0 },
    } as const
    await proxy.addToxic(wanted)
    await expect(proxy.addToxic(wanted)).rejects.toThrow('409')
  })
})

describe('beside faults that Toxiproxy cannot express', () => {
  const HIDDEN = [
    { type: 'latency', name: 'both', direction: 'both', latency: 1 },
    { type: 'latency', name: 'fine', latency: 0.25 },
    { type: 'latency', name: 'scheduled', schedule: { after: '1h', for: '1m' } },
    { type: 'max_sessions', max: 1000 },
  ]

  async function proxyWithHiddenFaults(): Promise<Proxy> {
    const proxy = await toxiproxy.createProxy(body('a'))
    for (const fault of HIDDEN) await rig.control.addFault('a', fault)
    return proxy
  }

  const WANTED = {
    name: 't',
    type: 'latency',
    stream: 'downstream',
    toxicity: 1,
    attributes: { latency: 5, jitter: 0 },
  } as const

  test('a proxy is read, changed and read again as if they were not there', async () => {
    const proxy = await proxyWithHiddenFaults()
    expect(await toxicsShown()).toEqual([])
    const toxic = await proxy.addToxic(WANTED)
    const found = await toxiproxy.get('a')
    expect(await toxicsShown()).toEqual([WANTED])
    expect((await toxic.update({ ...WANTED, toxicity: 0.5 })).toJson()).toEqual({ ...WANTED, toxicity: 0.5 })
    await found.update({ listen: found.listen, upstream: found.upstream, enabled: true })
    expect(await roundTrip(found, 'hello')).toMatchObject({ echoed: 'hello' })
    await toxic.remove()
    expect(rig.control.proxy('a').faults.map(({ plan }) => plan.name)).toEqual([
      'both',
      'fine',
      'scheduled',
      'max_sessions',
    ])
  })

  test('their names are taken, and their routes are not there', async () => {
    const proxy = await proxyWithHiddenFaults()
    await expect(proxy.addToxic({ ...WANTED, name: 'both' })).rejects.toThrow('409')
    await expect(proxy.getToxic('both')).rejects.toThrow('404')
  })

  test('a fault that can be expressed is one of the toxics', async () => {
    const proxy = await proxyWithHiddenFaults()
    await rig.control.addFault('a', { type: 'latency', name: 't', latency: '5ms', ttl: '1h' })
    expect((await proxy.getToxic('t')).toJson()).toEqual(WANTED)
  })

  test('reset removes all of them', async () => {
    await proxyWithHiddenFaults()
    await toxiproxy.reset()
    expect(rig.control.proxy('a').faults).toEqual([])
  })
})

test('reset removes the toxics and enables what was disabled', async () => {
  const proxy = await toxiproxy.createProxy(body('a'))
  await proxy.addToxic({ name: 't', type: 'timeout', stream: 'upstream', toxicity: 1, attributes: { timeout: 0 } })
  await proxy.update({ listen: proxy.listen, upstream: proxy.upstream, enabled: false })
  await toxiproxy.reset()
  const after = await toxiproxy.get('a')
  expect(after.toJson()).toEqual(proxy.toJson())
  expect(await roundTrip(after, 'hello')).toMatchObject({ echoed: 'hello' })
})

test('the version is shown as it is sent', async () => {
  expect(await toxiproxy.getVersion()).toBe('{"version": "2.12.0", "foulweather": "1.2.3"}\n')
})
