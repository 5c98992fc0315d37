import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createFoulweather, FoulweatherError, startServer } from '../../../src/index.ts'
import { echoed, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

const OWN = new Error('of the body')

async function startOrigin() {
  const server = createServer((_request, response) => response.end('fair')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function fetched(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  await response.text()
  return response.status
}

describe('a proxy of this process', () => {
  test('relays from a free port, without an admin API', async () => {
    await using echo = await Peer.echo()
    await using foulweather = await createFoulweather()
    const proxy = await foulweather.proxy({ upstream: echo.address })
    expect(proxy).toMatchObject({
      name: 'proxy-1',
      host: '127.0.0.1',
      listen: `127.0.0.1:${proxy.port}`,
      url: '',
    })
    expect(foulweather.address).toBeUndefined()
    expect(await echoed(proxy.listen, 'fair')).toBe('fair')
    expect((await foulweather.proxy({ upstream: echo.address })).name).toBe('proxy-2')
  })

  test('has a URL where it speaks HTTP', async () => {
    await using origin = await startOrigin()
    await using foulweather = await createFoulweather()
    const web = await foulweather.proxy({ name: 'web', upstream: origin.url, listen: ':0' })
    expect(web.url).toBe(`http://${web.host.includes(':') ? `[${web.host}]` : web.host}:${web.port}`)
    expect(await fetched(web.url)).toBe(200)
  })

  test('passes over names that are taken', async () => {
    await using foulweather = await createFoulweather()
    await foulweather.proxy({ name: 'proxy-1', upstream: 'localhost:1' })
    expect((await foulweather.proxy({ upstream: 'localhost:1' })).name).toBe('proxy-2')
    await expect(foulweather.proxy({ name: 'proxy-1', upstream: 'localhost:1' })).rejects.toMatchObject({
      code: 'proxy_exists',
    })
  })

  test('shows its sessions, and is gone when its block is left', async () => {
    await using echo = await Peer.echo()
    await using foulweather = await createFoulweather()
    let listen: string
    {
      await using proxy = await foulweather.proxy({ upstream: echo.address })
      listen = proxy.listen
      const socket = connect(proxy.port, proxy.host)
      await once(socket, 'connect')
      expect(await eventually('it is there', async () => (await proxy.sessions())[0])).toMatchObject({
        proxy: proxy.name,
        ordinal: 1,
      })
      socket.destroy()
      await eventually('it is over', async () => (await proxy.sessions()).length === 0)
      expect(await proxy.sessions('ended')).toHaveLength(1)
      await proxy.delete()
    }
    expect(foulweather.control.proxies()).toEqual([])
    const [host = '', port = ''] = listen.split(':')
    const [error] = (await once(connect({ host, port: Number(port) }), 'error').catch((cause: unknown) => [cause])) as [
      unknown,
    ]
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('a fault of this process', () => {
  test('is there for its block, under a name that counts up', async () => {
    await using origin = await startOrigin()
    await using foulweather = await createFoulweather()
    const web = await foulweather.proxy({ upstream: origin.url })
    {
      await using first = await web.fault({ type: 'http_error', status: 503, count: { first: 1 } })
      await using second = await web.fault({ type: 'http_error', status: 418 })
      expect([first.name, second.name]).toEqual(['http_error-1', 'http_error-2'])
      expect([await fetched(web.url), await fetched(web.url)]).toEqual([503, 418])
      expect(await second.update({ status: 404 })).toMatchObject({ status: 404 })
      expect(await fetched(web.url)).toBe(404)
      expect(await second.status()).toMatchObject({ status: 404, state: 'working', counters: { seen: 3 } })
    }
    expect(await fetched(web.url)).toBe(200)
  })

  test('is removed whatever becomes of the body', async () => {
    await using foulweather = await createFoulweather()
    const proxy = await foulweather.proxy({ upstream: 'localhost:1' })
    const names = () => foulweather.control.proxy(proxy.name).faults.map(({ plan }) => plan.name)
    expect(await proxy.withFault({ type: 'noop' }, () => names())).toEqual(['noop-1'])
    expect(names()).toEqual([])
    await expect(proxy.withFault({ type: 'noop' }, () => Promise.reject(OWN))).rejects.toBe(OWN)
    expect(names()).toEqual([])
    await proxy.withFault({ type: 'noop' }, (fault) => fault.remove())
    await proxy.withFault({ type: 'noop' }, () => proxy.delete())
    expect(foulweather.control.proxies()).toEqual([])
  })

  test('is refused as the API refuses it', async () => {
    await using foulweather = await createFoulweather()
    const proxy = await foulweather.proxy({ upstream: 'localhost:1' })
    const refused = proxy.fault({ type: 'latency', latency: 'soon' })
    await expect(refused).rejects.toBeInstanceOf(FoulweatherError)
    await expect(refused).rejects.toMatchObject({ code: 'invalid_value', field: 'latency', value: 'soon' })
  })
})

describe('a profile of this process', () => {
  test('is taken from a text or fields, and put in force', async () => {
    await using origin = await startOrigin()
    await using foulweather = await createFoulweather()
    const web = await foulweather.proxy({ name: 'web', upstream: origin.url })
    {
      const text = 'vars: { status: 503 }\nfaults: [{ on: web, type: http_error, status: "${status}" }]'
      await using profile = await foulweather.profile(text, { activate: { vars: { status: 502 } } })
      expect(profile.name).toBe('profile-1')
      expect(await fetched(web.url)).toBe(502)
      await profile.update({ vars: { status: 1 }, faults: [{ on: 'web', type: 'http_error', status: 418 }] })
      expect(await fetched(web.url)).toBe(418)
      expect(await profile.deactivate()).toMatchObject({ state: 'inactive' })
      expect(await fetched(web.url)).toBe(200)
      expect(await profile.activate()).toMatchObject({ state: 'active' })
      expect(profile.status()).toMatchObject({ state: 'active', faults: 1 })
    }
    expect(await fetched(web.url)).toBe(200)
    expect(foulweather.control.profiles.list()).toEqual([])
  })

  test('that cannot be put in force is not kept', async () => {
    await using foulweather = await createFoulweather()
    const fields = { vars: { delay: null }, faults: [{ on: 'nobody', type: 'noop' }] }
    await expect(foulweather.profile(fields, { name: 'p', activate: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^invalid_/),
    })
    expect(foulweather.control.profiles.list()).toEqual([])
  })
})

test('halting takes every fault away, and no more are taken until it is resumed', async () => {
  await using foulweather = await createFoulweather()
  const proxy = await foulweather.proxy({ upstream: 'localhost:1' })
  const fault = await proxy.fault({ type: 'noop' })
  expect(await foulweather.halt('enough')).toMatchObject({ faults_removed: 1 })
  await fault.remove()
  await expect(proxy.fault({ type: 'noop' })).rejects.toMatchObject({ code: 'halted', message: /library.*enough/ })
  foulweather.resume()
  expect((await proxy.fault({ type: 'noop' })).name).toBe('noop-3')
})

test('so many workers as there cannot be are refused before anything is started', async () => {
  await expect(createFoulweather({ workers: 65 })).rejects.toMatchObject({
    code: 'invalid_value',
    message: 'workers is 65, expected a whole number of 1 to 64',
  })
})

test('a handle takes away its own and nothing that has the name by then', async () => {
  await using foulweather = await createFoulweather()
  const first = await foulweather.proxy({ name: 'p', upstream: 'localhost:1' })
  const fault = await first.fault({ type: 'noop', name: 'f' })
  await fault.remove()
  await first.fault({ type: 'noop', name: 'f' })
  await fault.remove()
  await fault[Symbol.asyncDispose]()
  expect(foulweather.control.proxy('p').faults.map(({ plan }) => plan.name)).toEqual(['f'])
  await first.delete()
  await foulweather.proxy({ name: 'p', upstream: 'localhost:2' })
  await first.delete()
  expect(foulweather.control.proxies().map(({ upstream }) => upstream)).toEqual(['localhost:2'])
})

test('what is closed takes nothing more', async () => {
  const foulweather = await createFoulweather()
  await Promise.all([foulweather.close(), foulweather[Symbol.asyncDispose]()])
  await expect(foulweather.proxy({ upstream: 'localhost:1' })).rejects.toThrow('has been closed')
  await expect(foulweather.profile({ faults: [] })).rejects.toThrow('has been closed')
  expect(foulweather.control.proxies()).toEqual([])
})

test('what startServer answers is there as it was', async () => {
  const server = await startServer({ admin: { port: 0 } })
  await using foulweather = await createFoulweather({ admin: { port: 0 }, seed: 7 })
  expect(Object.keys(foulweather)).toEqual([...Object.keys(server), 'proxy', 'profile', 'halt', 'resume'])
  expect(foulweather.seed).toBe(7)
  await foulweather.control.createProxy({ name: 'p', listen: '127.0.0.1:0', upstream: 'localhost:1' })
  expect(await (await fetch(`http://${foulweather.address}/v1/proxies`)).json()).toMatchObject({ total: 1 })
  await server.close()
})
