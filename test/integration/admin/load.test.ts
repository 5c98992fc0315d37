import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { AdminRig, echoServer } from '../../support/admin-rig.ts'
import { eventually } from '../../support/wait.ts'

test('two thousand proxies are populated in one call, listed in name order, and gone again', async () => {
  await using rig = await AdminRig.listening()
  const names = Array.from({ length: 2000 }, (_, i) => `p${String(i).padStart(4, '0')}`)
  const entries = names.map((name) => ({ name, listen: '127.0.0.1:0', upstream: '127.0.0.1:9' }))
  const populated = await fetch(`${rig.url}/populate`, { method: 'POST', body: JSON.stringify(entries) })
  expect(populated.status).toBe(201)
  const { proxies } = (await populated.json()) as { proxies: readonly { name: string; enabled: boolean }[] }
  expect(proxies.map(({ name }) => name)).toEqual(names)
  expect(proxies.every(({ enabled }) => enabled)).toBe(true)
  const listed = (await (await fetch(`${rig.url}/proxies`)).json()) as Record<string, unknown>
  expect(Object.keys(listed)).toEqual(names)
  const statuses = await Promise.all(
    names.map(async (name) => (await fetch(`${rig.url}/proxies/${name}`, { method: 'DELETE' })).status),
  )
  expect(new Set(statuses)).toEqual(new Set([204]))
  expect((await rig.dataPlane.snapshot()).proxies.filter(({ running }) => running)).toEqual([])
})

test('a proxy is deleted under load: its sessions end, and its port is free at once', async () => {
  await using rig = await AdminRig.listening()
  await using echo = await echoServer()
  const create = (listen: string) =>
    fetch(`${rig.url}/proxies`, { method: 'POST', body: JSON.stringify({ name: 'a', listen, upstream: echo.address }) })
  let { listen } = (await (await create('127.0.0.1:0')).json()) as { listen: string }

  for (let round = 0; round < 5; round++) {
    const clients = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(Number(listen.split(':')[1]), '127.0.0.1')
        socket.on('error', () => socket.destroy())
        await once(socket, 'connect')
        const pour = () => void socket.write(Buffer.alloc(16_384))
        socket.on('data', pour)
        pour()
        return socket
      }),
    )
    await eventually('bytes flow', () => clients.every(({ bytesRead }) => bytesRead > 100_000))
    expect((await fetch(`${rig.url}/proxies/a`, { method: 'DELETE' })).status).toBe(204)
    const again = await create(listen)
    expect(again.status).toBe(201)
    listen = ((await again.json()) as { listen: string }).listen
    await eventually('every client is cut off', () =>
      clients.every(({ destroyed, readableEnded }) => destroyed || readableEnded),
    )
    for (const socket of clients) socket.destroy()
  }
})

test('changes to one proxy from many callers are made one after another, and none is lost', async () => {
  await using rig = await AdminRig.listening()
  await rig.control.createProxy({ name: 'a', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
  const add = async (i: number) => {
    const body = JSON.stringify({ type: 'latency', name: `t${i}` })
    return (await fetch(`${rig.url}/proxies/a/toxics`, { method: 'POST', body })).status
  }
  const toggle = async (i: number) => {
    const body = JSON.stringify({ enabled: i % 2 === 0 })
    return (await fetch(`${rig.url}/proxies/a`, { method: 'POST', body })).status
  }
  const statuses = await Promise.all(Array.from({ length: 50 }, (_, i) => [add(i), toggle(i)]).flat())
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(rig.control.proxy('a').faults).toHaveLength(50)
})
