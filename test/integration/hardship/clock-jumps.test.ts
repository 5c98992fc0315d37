import { expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { file, HardServer, NOT_LINUX } from './rig.ts'

interface Timed {
  readonly name: string
  readonly ttl_remaining?: number
}

const HOUR = 3_600_000

test.skipIf(NOT_LINUX !== '').each([
  ['forward', 5],
  ['back', -5],
])(`a clock that jumps hours %s ends nothing early, and keeps nothing${NOT_LINUX}`, async (_, hours) => {
  await using echo = await Upstream.echo()
  await using server = await HardServer.start({ node: ['--import', file('clock-that-jumps.ts')] })
  const port = await server.proxy('p', echo.address)
  const faults = '/v1/proxies/p/faults'
  const names = async (): Promise<readonly string[]> =>
    (await server.call<{ faults: Timed[] }>('GET', '/v1/proxies/p')).faults.map(({ name }) => name)
  using client = await Peer.connect(port)
  await client.ping()

  await server.call('POST', faults, { name: 'long', type: 'noop', ttl: HOUR })
  await server.call('POST', faults, { name: 'leased', type: 'noop', lease: HOUR })
  await server.call('POST', faults, { name: 'short', type: 'latency', latency: 1, ttl: '3s' })
  await server.call('PUT', '/v1/profiles/kept', { faults: [{ on: 'p', name: 'of-profile', type: 'noop' }] })
  await server.call('POST', '/v1/profiles/kept/activate', { ttl: HOUR })
  const before = Date.now()
  const there = await server.told<string>(hours)
  // It did jump.
  expect(Math.abs(Date.parse(there) - before - hours * HOUR)).toBeLessThan(HOUR)

  await eventually('the short one goes when its time is over', async () => !(await names()).includes('short'))
  expect(await names()).toEqual(['long', 'leased', 'of-profile'])
  for (const name of ['long', 'leased']) {
    const { ttl_remaining = NaN } = await server.call<Timed>('GET', `${faults}/${name}`)
    expect(ttl_remaining).toBeGreaterThan(HOUR / 2)
    expect(ttl_remaining).toBeLessThanOrEqual(HOUR)
  }
  await server.call('POST', `${faults}/leased/renew`)

  // What is asked for now goes by the same clock.
  await server.call('POST', faults, { name: 'later', type: 'noop', ttl: '200ms' })
  await eventually('so does the next one', async () => !(await names()).includes('later'))
  const { sessions } = await server.call<{ sessions: { ageMs: number }[] }>('GET', '/v1/sessions')
  expect(sessions).toHaveLength(1)
  expect(sessions[0]?.ageMs).toBeLessThan(HOUR / 2)
  expect(sessions[0]?.ageMs).toBeGreaterThan(0)
  const { uptimeMs } = await server.call<{ uptimeMs: number }>('GET', '/v1/status')
  expect(uptimeMs).toBeLessThan(HOUR / 2)

  // What holds bytes lets them go, whatever the clock says meanwhile.
  await server.call('POST', faults, { name: 'slow', type: 'latency', latency: 300, direction: 'both' })
  client.write('across a jump')
  await server.told(-hours)
  await eventually('the bytes arrive', () => client.text.endsWith('across a jump'))
  await server.call('DELETE', `${faults}/slow`)
  await server.call('POST', '/v1/halt')
  await server.call('POST', '/v1/resume')
  expect(await names()).toEqual([])
  expect(await server.stop()).toBe(0)
  expect(server.stderr).toBe('')
})
