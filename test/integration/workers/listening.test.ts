import { once } from 'node:events'
import { mkdtemp, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { WorkersRig } from '../../support/workers-rig.ts'
import { eventually } from '../../support/wait.ts'

/** Threads listen on one address together on Linux alone. */
describe.runIf(process.platform === 'linux')('several workers listen', () => {
  test('on one free port, which all of them take; sessions are numbered as they come', async () => {
    await using rig = await WorkersRig.start()
    await using upstream = await Upstream.echo()
    const outcome = await rig.put({ name: 'x', upstream: upstream.address })
    expect(outcome).toMatchObject({ running: true, listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/) })
    const clients = await rig.clients('x', 60)
    await Promise.all(clients.map((client) => client.ping()))
    const sessions = await rig.plane.sessions()
    expect(sessions.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    )
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(60)
    expect(await rig.snapshot('x')).toMatchObject({
      sessions: { total: 60, active: 60 },
      bytes: { upstream: { received: 240, sent: 240 }, downstream: { received: 240, sent: 240 } },
    })
    // 60 connections are spread by a hash: that all go to one of three has a chance of 3⁻⁵⁹.
    const [victim] = [1, 2, 3]
    rig.order(victim ?? 1)
    await eventually('one thread has gone with its sessions', async () => {
      const { endings } = (await rig.snapshot('x')).sessions
      return endings['proxy:worker_died'] !== undefined
    })
    const { active, endings } = (await rig.snapshot('x')).sessions
    expect(active).toBeGreaterThan(0)
    expect(active + (endings['proxy:worker_died'] ?? 0)).toBe(60)
  })

  test('no more when the proxy is disabled, and again on the same port when it is enabled', async () => {
    await using rig = await WorkersRig.start()
    await using upstream = await Upstream.echo()
    await rig.put({ name: 'x', upstream: upstream.address })
    const port = rig.port('x')
    using client = await Peer.connect(port)
    await client.ping()
    expect(await rig.put({ name: 'x', enabled: false })).toMatchObject({ running: false })
    for (let attempt = 0; attempt < 10; attempt++) await expect(Peer.connect(port)).rejects.toThrow('ECONNREFUSED')
    expect(await client.ending()).toMatch(/FIN|ECONNRESET/)
    expect(await rig.put({ name: 'x', enabled: true })).toMatchObject({ running: true, listen: `127.0.0.1:${port}` })
    await Promise.all((await rig.clients('x', 20)).map((again) => again.ping()))
  })

  test('at another address after the proxy has moved, and not at the old one', async () => {
    await using rig = await WorkersRig.start()
    await using upstream = await Upstream.echo()
    await rig.put({ name: 'x', upstream: upstream.address })
    const before = rig.port('x')
    // It asks for the address that it has, which is no move; then for any free one.
    await rig.put({ name: 'x' })
    expect(rig.port('x')).toBe(before)
    await rig.put({ name: 'x', listen: '127.0.0.1:0' })
    expect(rig.port('x')).not.toBe(before)
    for (let attempt = 0; attempt < 10; attempt++) await expect(Peer.connect(before)).rejects.toThrow('ECONNREFUSED')
    await Promise.all((await rig.clients('x', 20)).map((client) => client.ping()))
  })

  test('in front of another upstream, all of them, on the same port', async () => {
    await using rig = await WorkersRig.start()
    await using first = await Upstream.echo()
    await using second = await Upstream.start(({ socket }) => socket.end('second'))
    await rig.put({ name: 'x', upstream: first.address })
    const port = rig.port('x')
    await rig.put({ name: 'x', upstream: second.address })
    expect(rig.port('x')).toBe(port)
    await Promise.all((await rig.clients('x', 20)).map((client) => client.reads('second')))
  })

  test('all or none: an address that another program has is refused, and nobody listens', async () => {
    await using rig = await WorkersRig.start()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const outcome = await rig.put({ name: 'x', listen: `127.0.0.1:${port}` })
    expect(outcome).toMatchObject({ running: false, error: { code: 'listen_failed', field: 'listen' } })
    expect(outcome.error?.message).toContain('address already in use')
    expect(await rig.snapshot('x')).toMatchObject({ running: false })
    other.close()
    await once(other, 'close')
    await expect(Peer.connect(port)).rejects.toThrow('ECONNREFUSED')
    expect(await rig.put({ name: 'x' })).toMatchObject({ running: true })
  })

  test('not beside another process that shares its addresses, and not beside a proxy of their own', async () => {
    await using rig = await WorkersRig.start(2)
    await using other = await WorkersRig.start(2)
    await rig.put({ name: 'x' })
    const listen = `127.0.0.1:${rig.port('x')}`
    expect((await other.put({ name: 'y', listen })).error?.message).toContain('address already in use')
    expect((await rig.put({ name: 'z', listen })).error?.message).toContain('address already in use')
  })

  test('one of them on a socket file, which is gone with the proxy', async () => {
    await using rig = await WorkersRig.start()
    await using upstream = await Upstream.echo()
    const directory = await mkdtemp(join(tmpdir(), 'workers-'))
    for (const name of ['a', 'b', 'c', 'd']) {
      const path = join(directory, name)
      const outcome = await rig.put({ name, listen: `unix:${path}`, upstream: upstream.address })
      expect(outcome).toEqual({ name, running: true, listen: `unix:${path}` })
      using client = await Peer.connect({ path })
      await client.ping()
      expect(await rig.snapshot(name)).toMatchObject({ running: true, sessions: { active: 1 } })
      await rig.plane.apply({ remove: [name] })
      await expect(stat(path)).rejects.toThrow('ENOENT')
    }
  })

  test('no more after they are closed', async () => {
    const rig = await WorkersRig.start(2)
    await using upstream = await Upstream.echo()
    await rig.put({ name: 'x', upstream: upstream.address })
    const [client] = await rig.clients('x', 1)
    await client?.ping()
    await rig.plane.close()
    await expect(Peer.connect(rig.port('x'))).rejects.toThrow('ECONNREFUSED')
    expect(await client?.ending()).toMatch(/FIN|ECONNRESET/)
  })
})
