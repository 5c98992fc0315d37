import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ToxicInput } from '../../../src/control/toxic-input.ts'
import { ControlRig } from '../../support/admin-rig.ts'
import { freePort } from '../../support/ports.ts'

let rig: ControlRig
beforeEach(() => {
  rig = new ControlRig()
})
afterEach(() => rig[Symbol.asyncDispose]())

const UPSTREAM = '127.0.0.1:9'

function latency(attributes: Record<string, bigint>, rest: Partial<ToxicInput> = {}): ToxicInput {
  return { type: 'latency', attributes: () => attributes, ...rest }
}

async function refuses(listen: string): Promise<boolean> {
  const socket = connect(Number(listen.split(':').at(-1)), '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

/** Takes a port of 127.0.0.1 away. */
async function occupied(): Promise<AsyncDisposable & { address: string }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

describe('create', () => {
  test('the stored listen is the bound address, IPv4 for localhost', async () => {
    const proxy = await rig.control.createProxy({ name: 'a', listen: 'localhost:0', upstream: UPSTREAM })
    expect(proxy.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
    expect(proxy.enabled).toBe(true)
    expect(await refuses(proxy.listen)).toBe(false)
  })

  test('a disabled proxy opens nothing and checks no address', async () => {
    const proxy = await rig.control.createProxy({ name: 'a', listen: 'garbage', upstream: 'no port', enabled: false })
    expect(proxy).toMatchObject({ listen: 'garbage', upstream: 'no port', enabled: false })
  })

  test.each(['listen', 'upstream'])('a %s of a megabyte is refused, and not repeated', async (field) => {
    const input = { name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM, [field]: 'x'.repeat(1_000_000) }
    const error = await rig.control.createProxy(input).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'invalid_value', field, expected: 'at most 4096 characters' })
    expect(String(error)).toContain(`${field} has 1000000 characters`)
    expect(JSON.stringify(error).length).toBeLessThan(1000)
    const { name } = await rig.control.createProxy({ ...input, [field]: field === 'listen' ? '127.0.0.1:0' : UPSTREAM })
    await expect(rig.control.updateProxy(name, { [field]: input[field as 'listen'] })).rejects.toThrow('4096')
  })

  test('a start failure stores nothing', async () => {
    await using taken = await occupied()
    const creating = rig.control.createProxy({ name: 'a', listen: taken.address, upstream: UPSTREAM })
    await expect(creating).rejects.toMatchObject({
      code: 'listen_failed',
      message: `listen tcp ${taken.address}: bind: address already in use`,
    })
    expect(rig.control.proxies()).toEqual([])
    expect(rig.changes).toEqual([])
  })

  test('a name can be created once, even when asked for twice at once', async () => {
    const input = { name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM }
    const [first, second] = await Promise.allSettled([rig.control.createProxy(input), rig.control.createProxy(input)])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'proxy_exists' } })
  })

  test.each([
    ['http://x:80', 'x:80'],
    ['tcp://db:5432/x', 'db:5432'],
    ['postgres://user:secret@db/name', 'db:5432'],
  ])('the upstream %s is refused and told to be %s', async (upstream, address) => {
    const creating = rig.control.createProxy({ name: 'a', upstream })
    await expect(creating).rejects.toMatchObject({
      code: 'invalid_value',
      field: 'upstream',
      expected: `host:port, for example "${address}"`,
      message: expect.not.stringContaining('secret') as string,
      value: expect.not.stringContaining('secret') as string,
    })
  })

  test('names are listed in the byte order of UTF-8', async () => {
    for (const name of ['b', '10', '9', 'é', '\u{1F600}', '\uFF5E', 'B']) {
      await rig.control.createProxy({ name, upstream: UPSTREAM, enabled: false })
    }
    expect(rig.control.proxies().map(({ name }) => name)).toEqual(['10', '9', 'B', 'b', 'é', '\uFF5E', '\u{1F600}'])
  })
})

describe('update', () => {
  test('sending back what was read changes nothing, and tells of no change', async () => {
    const before = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    const port = before.listen.split(':')[1]
    for (const listen of [before.listen, `localhost:${port}`]) {
      expect(await rig.control.updateProxy('a', { listen, upstream: UPSTREAM, enabled: true })).toBe(before)
    }
    expect(await rig.control.updateProxy('a', {})).toBe(before)
    expect(rig.changes).toHaveLength(1)
  })

  test('every spelling of every interface is the same address', async () => {
    const before = await rig.control.createProxy({ name: 'a', listen: '0.0.0.0:0', upstream: UPSTREAM })
    const port = before.listen.split(':').at(-1)
    for (const listen of [`0.0.0.0:${port}`, `:${port}`, `[::]:${port}`]) {
      expect(await rig.control.updateProxy('a', { listen })).toBe(before)
    }
  })

  test('disabling keeps the port, and enabling binds the same one again', async () => {
    const { listen } = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    expect(await rig.control.updateProxy('a', { enabled: false })).toMatchObject({ listen, enabled: false })
    expect(await refuses(listen)).toBe(true)
    expect(await rig.control.updateProxy('a', { enabled: true })).toMatchObject({ listen, enabled: true })
    expect(await refuses(listen)).toBe(false)
  })

  test('faults survive a changed upstream', async () => {
    await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    const { plan } = await rig.control.addToxic('a', latency({ latency: 5n }))
    const after = await rig.control.updateProxy('a', { upstream: '127.0.0.1:10' })
    expect(after.upstream).toBe('127.0.0.1:10')
    expect(after.faults.map((fault) => fault.plan)).toEqual([plan])
  })

  test('a listen text that cannot be resolved changes nothing', async () => {
    const before = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    await expect(rig.control.updateProxy('a', { listen: 'local373' })).rejects.toMatchObject({
      message: 'address local373: missing port in address',
    })
    expect(rig.control.proxy('a')).toBe(before)
  })

  test('a stored listen text that cannot be resolved refuses even an empty update', async () => {
    await rig.control.createProxy({ name: 'a', listen: 'garbage', upstream: UPSTREAM, enabled: false })
    for (const update of [{}, { enabled: true }]) {
      await expect(rig.control.updateProxy('a', update)).rejects.toMatchObject({ code: 'listen_failed' })
    }
  })

  test('a restart that fails leaves the proxy stopped with its new addresses, and tells of it', async () => {
    await using taken = await occupied()
    const before = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    const updating = rig.control.updateProxy('a', { listen: taken.address, upstream: '127.0.0.1:10' })
    await expect(updating).rejects.toMatchObject({ code: 'listen_failed' })
    expect(rig.control.proxy('a')).toMatchObject({ listen: taken.address, upstream: '127.0.0.1:10', enabled: false })
    expect(await refuses(before.listen)).toBe(true)
    expect(rig.changes.at(-1)).toMatchObject({
      action: 'proxy-updated',
      before: { enabled: true },
      after: { enabled: false },
    })
  })

  test('port 0 asks for a new port', async () => {
    const before = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    const after = await rig.control.updateProxy('a', { listen: '127.0.0.1:0' })
    expect(after).not.toBe(before)
    expect(after.enabled).toBe(true)
  })

  test('an empty upstream is taken, a URL is not', async () => {
    await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    expect(await rig.control.updateProxy('a', { upstream: '' })).toMatchObject({ upstream: '' })
    await expect(rig.control.updateProxy('a', { upstream: 'http://x:80' })).rejects.toMatchObject({
      code: 'invalid_value',
    })
  })
})

test('deleting frees the name and the port at once', async () => {
  const { listen } = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
  await rig.control.deleteProxy('a')
  expect(await rig.control.createProxy({ name: 'a', listen, upstream: UPSTREAM })).toMatchObject({
    listen,
    enabled: true,
  })
  await rig.control.deleteProxy('a')
  await expect(rig.control.deleteProxy('a')).rejects.toMatchObject({ code: 'proxy_not_found' })
})

describe('populate', () => {
  test('an unchanged proxy is left alone, whatever `enabled` says', async () => {
    const listen = `127.0.0.1:${await freePort()}`
    const entry = { name: 'a', listen, upstream: UPSTREAM }
    const {
      proxies: [first],
    } = await rig.control.populate([entry])
    await rig.control.addToxic('a', latency({}))
    const {
      proxies: [second],
    } = await rig.control.populate([{ ...entry, enabled: false }])
    expect(first).toMatchObject({ enabled: true })
    expect(second).toMatchObject({ enabled: true, faults: [{ plan: { name: 'latency_downstream' } }] })
    await rig.control.updateProxy('a', { enabled: false })
    const {
      proxies: [third],
    } = await rig.control.populate([entry])
    expect(third).toMatchObject({ enabled: false })
  })

  test('a proxy on every interface keeps its faults, started or not', async () => {
    const port = await freePort()
    const entry = { name: 'a', listen: `0.0.0.0:${port}`, upstream: UPSTREAM, enabled: false }
    await rig.control.populate([entry])
    await rig.control.addToxic('a', latency({}))
    await rig.control.populate([entry])
    await rig.control.updateProxy('a', { enabled: true })
    await rig.control.populate([{ ...entry, listen: `:${port}` }])
    expect(rig.control.proxy('a')).toMatchObject({ listen: `[::]:${port}`, faults: [{ plan: { type: 'latency' } }] })
  })

  test('another address makes a brand-new proxy without faults', async () => {
    const entry = { name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM }
    await rig.control.populate([entry])
    await rig.control.addToxic('a', latency({}))
    const { proxies } = await rig.control.populate([{ ...entry, upstream: '127.0.0.1:10' }])
    expect(proxies).toMatchObject([{ upstream: '127.0.0.1:10', faults: [], enabled: true }])
  })

  test('a replacement that cannot start leaves the old proxy, stopped, with its addresses and faults', async () => {
    await using taken = await occupied()
    const before = await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM })
    await rig.control.addToxic('a', latency({}))
    const { error } = await rig.control.populate([{ name: 'a', listen: taken.address, upstream: UPSTREAM }])
    expect(error).toMatchObject({ code: 'listen_failed' })
    expect(rig.control.proxy('a')).toMatchObject({ listen: before.listen, enabled: false, faults: [{}] })
    expect((await rig.dataPlane.snapshot()).proxies).toMatchObject([{ listen: before.listen, running: false }])
  })

  test('the first failure stops the run; what was done stays', async () => {
    await using taken = await occupied()
    const { proxies, error } = await rig.control.populate([
      { name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM },
      { name: 'b', listen: taken.address, upstream: UPSTREAM },
      { name: 'c', listen: '127.0.0.1:0', upstream: UPSTREAM },
    ])
    expect(proxies.map(({ name }) => name)).toEqual(['a'])
    expect(error).toMatchObject({ code: 'listen_failed' })
    expect(rig.control.proxies().map(({ name }) => name)).toEqual(['a'])
  })

  test.each([
    [[{ name: 'a', upstream: UPSTREAM }, { upstream: UPSTREAM }], 'missing required field: name at proxy 2'],
    [
      [
        { name: 'a', upstream: UPSTREAM },
        { name: 'b', upstream: '' },
      ],
      'missing required field: upstream at proxy 2',
    ],
  ])('all entries are checked before anything is touched: %#', async (entries, message) => {
    await expect(rig.control.populate(entries)).rejects.toMatchObject({ message })
    expect(rig.control.proxies()).toEqual([])
  })
})

describe('toxics', () => {
  beforeEach(async () => {
    await rig.control.createProxy({ name: 'a', upstream: UPSTREAM, enabled: false })
  })

  test('the plan is normalised, the view is as given', async () => {
    const input = latency({ latency: -5n, jitter: 9_007_199_254_740_993n }, { stream: 'UpStream', toxicity: 80 })
    expect(await rig.control.addToxic('a', input)).toMatchObject({
      plan: { name: 'latency_UpStream', direction: 'upstream', probability: 1, owner: 'api', params: { latency: 0 } },
      toxic: { stream: 'UpStream', toxicity: 80, attributes: { latency: -5n, jitter: 9_007_199_254_740_993n } },
    })
  })

  test('every update draws again and makes new stages, even an empty one', async () => {
    const { plan: first } = await rig.control.addToxic('a', latency({ latency: 5n }))
    const { plan: second } = await rig.control.updateToxic('a', 'latency_downstream', { attributes: () => ({}) })
    expect(second).toEqual({ ...first, draw: first.draw + 1, revision: second.revision })
    expect(second.revision).toBeGreaterThan(first.revision)
  })

  test('an update merges attribute by attribute', async () => {
    await rig.control.addToxic('a', latency({ latency: 5n, jitter: 1n }, { toxicity: 0.5 }))
    const { toxic } = await rig.control.updateToxic('a', 'latency_downstream', { attributes: () => ({ jitter: 2n }) })
    expect(toxic).toEqual({ stream: 'downstream', toxicity: 0.5, attributes: { latency: 5n, jitter: 2n } })
  })

  test('an update that is refused changes nothing', async () => {
    const rated = { type: 'bandwidth', attributes: () => ({ rate: 7n }) }
    const before = await rig.control.addToxic('a', rated)
    const update = { toxicity: 0.25, attributes: () => ({ rate: -1n }) }
    await expect(rig.control.updateToxic('a', 'bandwidth_downstream', update)).rejects.toMatchObject({ status: 400 })
    expect(rig.control.proxy('a').faults).toEqual([before])
  })

  test('checks come in order: stream, type, name, attributes', async () => {
    await rig.control.addToxic('a', latency({}, { name: 't' }))
    const bad = {
      name: 't',
      attributes: () => {
        throw new Error('read too early')
      },
    }
    await expect(rig.control.addToxic('a', { ...bad, stream: '', type: 'x' })).rejects.toMatchObject({
      code: 'invalid_direction',
    })
    await expect(rig.control.addToxic('a', { ...bad, type: 'down' })).rejects.toMatchObject({
      code: 'invalid_fault_type',
    })
    await expect(rig.control.addToxic('a', bad)).rejects.toMatchObject({ code: 'invalid_fault_type' })
    await expect(rig.control.addToxic('a', { ...bad, type: 'noop', stream: 'upstream' })).rejects.toMatchObject({
      code: 'fault_exists',
    })
  })
})

test('reset starts every proxy and removes all faults', async () => {
  await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: UPSTREAM, enabled: false })
  await rig.control.createProxy({ name: 'b', listen: '127.0.0.1:0', upstream: UPSTREAM })
  await rig.control.addToxic('a', latency({}))
  await rig.control.addToxic('b', latency({}, { stream: 'upstream' }))
  await rig.control.reset()
  expect(rig.control.proxies()).toMatchObject([
    { enabled: true, faults: [] },
    { enabled: true, faults: [] },
  ])
})

test('a reset that cannot start one proxy still resets the others', async () => {
  await using taken = await occupied()
  await rig.control.createProxy({ name: 'a', listen: taken.address, upstream: UPSTREAM, enabled: false })
  await rig.control.createProxy({ name: 'b', listen: '127.0.0.1:0', upstream: UPSTREAM })
  await rig.control.addToxic('b', latency({}))
  await expect(rig.control.reset()).rejects.toMatchObject({ code: 'listen_failed' })
  expect(rig.control.proxies()).toMatchObject([{ enabled: false }, { enabled: true, faults: [] }])
})

test('changes are told with before, after and who asked, as data that JSON can hold', async () => {
  await rig.control.createProxy({ name: 'a', upstream: UPSTREAM, enabled: false }, { actor: '127.0.0.1:5' })
  await rig.control.addToxic('a', latency({ latency: 5n }))
  await rig.control.updateToxic('a', 'latency_downstream', { attributes: () => ({ latency: 6n }) })
  await rig.control.removeToxic('a', 'latency_downstream')
  await rig.control.deleteProxy('a')
  expect(JSON.parse(JSON.stringify(rig.changes))).toEqual(rig.changes)
  expect(rig.changes).toMatchObject([
    { action: 'proxy-created', proxy: 'a', before: null, after: { name: 'a', enabled: false }, actor: '127.0.0.1:5' },
    {
      action: 'fault-added',
      fault: 'latency_downstream',
      before: null,
      after: { type: 'latency', latency: 5, probability: 1 },
    },
    { action: 'fault-updated', before: { latency: 5 }, after: { latency: 6 } },
    { action: 'fault-removed', before: { latency: 6 }, after: null },
    { action: 'proxy-deleted', before: { faults: [] }, after: null },
  ])
})

describe('bounds', () => {
  // Each stage calls the next: 6000 toxics on one proxy overflowed the stack with the first byte.
  test('a proxy has 256 faults at most', async () => {
    await rig.control.createProxy({ name: 'a', upstream: UPSTREAM, enabled: false })
    for (let i = 0; i < 256; i++) await rig.control.addToxic('a', latency({}, { name: `t${i}` }))
    await expect(rig.control.addToxic('a', latency({}))).rejects.toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('256'),
    })
    expect(rig.control.proxy('a').faults).toHaveLength(256)
  })

  test.each(['.', '..', 'x'.repeat(1025), 'ü'.repeat(513)])('no URL can name %j', async (name) => {
    const refused = { code: 'invalid_value', field: 'name' }
    await expect(rig.control.createProxy({ name, upstream: UPSTREAM, enabled: false })).rejects.toMatchObject(refused)
    await rig.control.createProxy({ name: 'a', upstream: UPSTREAM, enabled: false })
    await expect(rig.control.addToxic('a', latency({}, { name }))).rejects.toMatchObject(refused)
    expect(rig.control.proxies().map((proxy) => proxy.name)).toEqual(['a'])
  })

  // The search for a password in a URL began again at every slash: 80 kB of them took two seconds, a body of 1 MiB minutes, of everybody.
  test('a URL of nothing but slashes is refused at once', async () => {
    const upstream = `http://a${'/'.repeat(2 ** 19)}`
    await expect(rig.control.createProxy({ name: 'a', upstream, enabled: false })).rejects.toMatchObject({
      code: 'invalid_value',
      field: 'upstream',
    })
  })

  test.each([
    ['http://me:se//cret@x/y', 'http://…@x/y'],
    ['postgres://me:a@b@x', 'postgres://…@x'],
    ['http://x//y@z', 'http://…@z'],
    ['me:http://cret@x:1', '…@x:1'],
  ])('what may be a password is not repeated: %s', async (upstream, value) => {
    const refused = { code: 'invalid_value', value, message: expect.not.stringContaining('cret') as string }
    await expect(rig.control.createProxy({ name: 'a', upstream, enabled: false })).rejects.toMatchObject(refused)
  })

  test('a name of 1024 bytes is fine', async () => {
    const name = 'x'.repeat(1024)
    await rig.control.createProxy({ name, upstream: UPSTREAM, enabled: false })
    expect(rig.control.proxy(name)).toMatchObject({ name })
  })
})
