import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { AdminRig } from '../../support/admin-rig.ts'
import { WireClient } from '../../support/admin-wire.ts'
import { eventually } from '../../support/wait.ts'

test('localhost is the IPv4 loopback, as clients expect it', async () => {
  await using rig = await AdminRig.listening({ host: 'localhost' })
  expect(rig.admin.address).toMatch(/^127\.0\.0\.1:\d+$/)
})

test('IPv6 addresses are written in brackets', async () => {
  await using rig = await AdminRig.listening({ host: '::1' })
  expect(rig.admin.address).toMatch(/^\[::1\]:\d+$/)
  expect((await fetch(`${rig.url}/version`)).status).toBe(200)
})

test.each([
  ['8.8.8.8', 'listen tcp 8.8.8.8:0: bind: cannot assign requested address'],
  ['no.such.host.invalid', 'listen tcp: lookup no.such.host.invalid: no such host'],
])('%s cannot be listened on, and says why', async (host, message) => {
  await using rig = new AdminRig({ host })
  await expect(rig.admin.start()).rejects.toMatchObject({ code: 'listen_failed', message })
})

test('a port that is taken is told', async () => {
  await using first = await AdminRig.listening()
  await using second = new AdminRig({ port: first.port })
  await expect(second.admin.start()).rejects.toMatchObject({
    message: `listen tcp 127.0.0.1:${first.port}: bind: address already in use`,
  })
})

test('a proxy on a taken port is refused; a privileged one needs the privilege', async () => {
  await using rig = await AdminRig.listening()
  const create = async (listen: string) => {
    const body = JSON.stringify({ name: 'a', listen, upstream: 'u:1' })
    const answer = await fetch(`${rig.url}/proxies`, { method: 'POST', body })
    return { status: answer.status, error: ((await answer.json()) as { error?: string }).error }
  }
  const taken = rig.admin.address
  expect(await create(taken)).toEqual({ status: 500, error: `listen tcp ${taken}: bind: address already in use` })
  const denied = { status: 500, error: 'listen tcp 127.0.0.1:1: bind: permission denied' }
  expect(await create('127.0.0.1:1')).toEqual(process.getuid?.() === 0 ? { status: 201, error: undefined } : denied)
  expect((await fetch(`${rig.url}/version`)).status).toBe(200)
})

test('stopping ends idle and half-open connections, and frees the port', async () => {
  await using rig = await AdminRig.listening()
  using idle = await WireClient.connect(rig.port)
  await idle.ask('GET /version')
  using halfway = await WireClient.connect(rig.port)
  halfway.socket.write('POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{')
  const { port } = rig
  await rig.admin.stop()
  await eventually('both are closed', () => idle.closed && halfway.closed)
  const late = connect(port, '127.0.0.1')
  await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a listen host whose name takes long to resolve delays no other proxy', async () => {
  await using rig = await AdminRig.listening()
  // Reserved never to resolve; how long the resolver takes to say so is its own affair.
  const slow = fetch(`${rig.url}/proxies`, {
    method: 'POST',
    body: '{"name":"slow","listen":"no.such.host.invalid:1","upstream":"u:1"}',
  })
  const fast = await fetch(`${rig.url}/proxies`, {
    method: 'POST',
    body: '{"name":"fast","listen":"127.0.0.1:0","upstream":"u:1"}',
  })
  expect(fast.status).toBe(201)
  expect((await fetch(`${rig.url}/proxies`)).status).toBe(200)
  const answer = await slow
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { error: 'listen tcp: lookup no.such.host.invalid: no such host', status: 500 },
  ])
})
