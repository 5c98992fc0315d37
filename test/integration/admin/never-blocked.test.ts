import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { AdminRig, echoServer } from '../../support/admin-rig.ts'
import { hangingUpstream } from '../../support/admin-hanging-upstream.ts'
import { eventually } from '../../support/wait.ts'

/**
 * Toxiproxy's whole API hangs when one client stops reading, when one dial hangs, and while a reset_peer waits. Here all three are
 * there at once, and every call is answered.
 */
test('every call is answered while a client does not read, a dial hangs and a reset is pending', async () => {
  await using rig = await AdminRig.listening()
  await using undo = new AsyncDisposableStack()
  await jam(rig, undo)

  const times: number[] = []
  const call = async (method: string, path: string, body?: string): Promise<number> => {
    const start = performance.now()
    const answer = await fetch(`${rig.url}${path}`, { method, ...(body === undefined ? {} : { body }) })
    await answer.text()
    times.push(performance.now() - start)
    return answer.status
  }
  for (let round = 0; round < 5; round++) {
    expect(await call('GET', '/proxies')).toBe(200)
    expect(await call('GET', '/v1/status')).toBe(200)
    expect(await call('GET', '/v1/sessions')).toBe(200)
    for (const name of ['stalled', 'hanging', 'resetting']) {
      const toxics = `/proxies/${name}/toxics`
      expect(await call('GET', `/proxies/${name}`)).toBe(200)
      expect(await call('POST', toxics, '{"type":"latency","name":"l","attributes":{"latency":50}}')).toBe(200)
      expect(await call('PATCH', `${toxics}/l`, '{"attributes":{"latency":500}}')).toBe(200)
      expect(await call('DELETE', `${toxics}/l`)).toBe(204)
    }
  }
  expect(await call('POST', '/proxies/hanging', '{"enabled":false}')).toBe(200)
  expect(await call('POST', '/reset')).toBe(204)
  for (const name of ['stalled', 'hanging', 'resetting']) expect(await call('DELETE', `/proxies/${name}`)).toBe(204)

  times.sort((a, b) => a - b)
  // A shared machine may take the processor away for as long as it likes: the bench holds the tight figure, this test the order of
  // magnitude. A call that waited for any of the three would take seconds, or for ever.
  expect(times[Math.floor(times.length / 2)]).toBeLessThan(50)
  expect(times.at(-1)).toBeLessThan(2000)
})

/** Makes the three proxies, each in its own trouble. */
async function jam(rig: AdminRig, undo: AsyncDisposableStack): Promise<void> {
  const flood = createServer((socket) => {
    const pour = () => {
      while (socket.write(Buffer.alloc(65_536)));
    }
    socket.on('drain', pour).on('error', () => socket.destroy())
    pour()
  }).listen(0, '127.0.0.1')
  await once(flood, 'listening')
  undo.defer(() => void flood.close())
  const hanging = undo.use(await hangingUpstream())
  const echo = undo.use(await echoServer())

  const upstreams = {
    stalled: `127.0.0.1:${(flood.address() as AddressInfo).port}`,
    hanging: hanging.address,
    resetting: echo.address,
  }
  for (const [name, upstream] of Object.entries(upstreams)) {
    const { listen } = await rig.control.createProxy({ name, listen: '127.0.0.1:0', upstream })
    if (name === 'resetting') {
      await rig.control.addToxic(name, { type: 'reset_peer', attributes: () => ({ timeout: 600_000n }) })
    }
    const client = connect(Number(listen.split(':')[1]), '127.0.0.1')
    client.on('error', () => client.destroy()).pause()
    undo.defer(() => void client.destroy())
    await once(client, 'connect')
    client.write('x')
  }
  const session = async (proxy: string) => (await rig.dataPlane.sessions({ proxy }))[0]
  await eventually('the client that does not read has filled every buffer', async () => {
    const before = (await session('stalled'))?.bytes.downstream.sent
    await new Promise((resolve) => setTimeout(resolve, 200))
    return before !== undefined && before > 0 && (await session('stalled'))?.bytes.downstream.sent === before
  })
  await eventually('the dial hangs', async () => (await session('hanging'))?.state === 'dialing')
  await eventually(
    'the reset is pending',
    async () => ((await session('resetting'))?.bytes.downstream.received ?? 0) > 0,
  )
}
