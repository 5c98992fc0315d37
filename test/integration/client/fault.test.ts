import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FoulweatherApiError, FoulweatherError, LeaseLostError } from '../../../src/client/index.ts'
import { eventually } from '../../support/wait.ts'
import { between, errorOf, startRig } from './rig.ts'

const BROKEN = { type: 'http_error', status: 503 } as const

describe('a fault that is held', () => {
  test('works until it is removed, and has a name and a lease of its own', async () => {
    await using rig = await startRig()
    const fault = await rig.client.fault('web', BROKEN)
    expect(fault).toMatchObject({ proxy: 'web', name: expect.stringMatching(/^http_error-[0-9a-z]{4}$/) })
    expect(await fault.status()).toMatchObject({ name: fault.name, status: 503, lease: 30_000, state: 'working' })
    expect(await rig.fetched()).toBe(503)
    await fault.remove()
    expect(rig.faults()).toEqual([])
    expect(await rig.fetched()).toBe(200)
    await fault.remove()
    expect(fault.signal.aborted).toBe(false)
  })

  test('does not collide with another of its type', async () => {
    await using rig = await startRig()
    const faults = await Promise.all(Array.from({ length: 20 }, () => rig.client.fault('web', BROKEN)))
    expect(new Set(rig.faults())).toEqual(new Set(faults.map(({ name }) => name)))
    await Promise.all(faults.map((fault) => fault.remove()))
    expect(rig.faults()).toEqual([])
  })

  test('has the name and the lease that it is given, or none', async () => {
    await using rig = await startRig()
    await using named = await rig.client.fault('web', { ...BROKEN, name: 'mine', lease: '2m' })
    expect(await named.status()).toMatchObject({ name: 'mine', lease: 120_000 })
    await using staying = await rig.client.fault('web', { ...BROKEN, lease: null })
    expect(await staying.status()).not.toHaveProperty('lease')
    expect(await errorOf(rig.client.fault('web', { ...BROKEN, name: 'mine' }))).toMatchObject({
      status: 409,
      code: 'fault_exists',
    })
  })

  test('is updated in place', async () => {
    await using rig = await startRig()
    await using fault = await rig.client.fault('web', BROKEN)
    expect(await fault.update({ status: 418, probability: '100%' })).toMatchObject({ status: 418, lease: 30_000 })
    expect(await rig.fetched()).toBe(418)
    expect(await fault.update({ lease: '10m' })).toMatchObject({ lease: 600_000 })
    expect(await errorOf(fault.update({ status: 99 }))).toMatchObject({ code: 'invalid_value', field: 'status' })
  })

  test('is kept alive beyond its lease', async () => {
    await using rig = await startRig()
    const renewals: number[] = []
    rig.foulweather.control.events.on('changed', ({ action, revision }) => {
      if (action === 'fault-renewed') renewals.push(revision)
    })
    await using fault = await rig.client.fault('web', { ...BROKEN, lease: '600ms' })
    await eventually('it was renewed six times', () => renewals.length >= 6)
    expect(rig.faults()).toEqual([fault.name])
    await fault.remove()
    const before = renewals.length
    await sleep(500)
    expect(renewals).toHaveLength(before)
  })

  test('says so when somebody else has removed it', async () => {
    await using rig = await startRig()
    await using fault = await rig.client.fault('web', { ...BROKEN, lease: '300ms' })
    await rig.client.faults('web').remove(fault.name)
    const lost = await fault.lost
    expect(lost).toBeInstanceOf(LeaseLostError)
    expect(lost.message).toMatch(new RegExp(`^the fault ${fault.name} of web is lost, .*fault_not_found`))
    expect(fault.signal.reason).toBe(lost)
    // Somebody may have made another one of its name since then.
    await rig.client.faults('web').add({ ...BROKEN, name: fault.name })
    await fault.remove()
    expect(rig.faults()).toEqual([fault.name])
  })

  test.each(['halt', 'close'] as const)('says so after a %s of the server', async (how) => {
    await using rig = await startRig()
    await using fault = await rig.client.fault('web', { ...BROKEN, lease: '300ms' })
    await rig.foulweather[how]()
    expect(await fault.lost).toBeInstanceOf(LeaseLostError)
  })
})

describe('withFault', () => {
  test('answers what its body answers, and the fault is there meanwhile alone', async () => {
    await using rig = await startRig()
    const answer = await rig.client.withFault('web', BROKEN, async ({ name }) => {
      expect(rig.faults()).toEqual([name])
      return await rig.fetched()
    })
    expect(answer).toBe(503)
    expect(rig.faults()).toEqual([])
  })

  test.each([
    ['throws', () => raise()],
    ['rejects', () => Promise.reject(OWN)],
  ])('removes it where the body %s, and throws just that', async (_how, body) => {
    await using rig = await startRig()
    expect(await errorOf(rig.client.withFault('web', BROKEN, body))).toBe(OWN)
    expect(rig.faults()).toEqual([])
  })

  test('does not run the body where the fault is refused', async () => {
    await using rig = await startRig()
    let ran = false
    const call = rig.client.withFault('web', { type: 'http_latency', latency: 'soon' }, () => {
      ran = true
    })
    expect(await errorOf(call)).toMatchObject({ code: 'invalid_value', field: 'latency', value: 'soon' })
    expect(ran).toBe(false)
  })

  test('tries again where removing fails', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    await detour.way.fault({ ...BROKEN, match: { method: 'DELETE' }, count: { first: 1 } })
    expect(await detour.client.withFault('web', BROKEN, () => 7)).toBe(7)
    expect(rig.faults()).toEqual([])
  })

  test('says that it could not be removed', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    await detour.way.fault({ ...BROKEN, match: { method: 'DELETE' } })
    const error = await errorOf(detour.client.withFault('web', { ...BROKEN, lease: '1s' }, () => 7))
    expect(error).toBeInstanceOf(FoulweatherApiError)
    expect(error).toMatchObject({ status: 503, method: 'DELETE' })
    // What is not renewed any more goes by itself.
    await eventually('its lease is over', () => rig.faults().length === 0)
  })

  test('keeps the error of the body beside that of removing', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    await detour.way.fault({ ...BROKEN, match: { method: 'DELETE' } })
    const error = await errorOf(detour.client.withFault('web', BROKEN, () => Promise.reject(OWN)))
    expect(error).toBeInstanceOf(SuppressedError)
    expect(error).toMatchObject({ suppressed: OWN, error: { status: 503 } })
  })

  test.each([
    ['the fault', (rig: Rig, name: string) => rig.client.faults('web').remove(name)],
    ['its proxy', (rig: Rig) => rig.client.proxies.delete('web')],
    ['the server', (rig: Rig) => rig.foulweather.close()],
  ])('is content where %s has gone', async (_what, away) => {
    await using rig = await startRig()
    const call = rig.client.withFault('web', BROKEN, async ({ name }) => {
      await away(rig, name)
      return 7
    })
    expect(await call).toBe(7)
  })

  test('throws the error of its body where the server has gone', async () => {
    await using rig = await startRig()
    const call = rig.client.withFault('web', BROKEN, async () => {
      await rig.foulweather.close()
      throw OWN
    })
    expect(await errorOf(call)).toBe(OWN)
  })

  test('does not pass over a server that cannot be reached where nothing else would end the fault', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    const call = detour.client.withFault('web', { ...BROKEN, lease: null }, () => detour.way.delete())
    const error = await errorOf(call)
    expect(error).toBeInstanceOf(FoulweatherError)
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(rig.faults()).toHaveLength(1)
  })
})

type Rig = Awaited<ReturnType<typeof startRig>>

const OWN = new Error('of the body')

function raise(): never {
  throw OWN
}

const CLIENT = new URL('../../../src/client/index.ts', import.meta.url).href

function holding(url: string, rest = ''): string {
  return `
    import { FoulweatherClient } from ${JSON.stringify(CLIENT)}
    const client = new FoulweatherClient({ url: ${JSON.stringify(url)} })
    const fault = await client.fault('web', { type: 'noop', lease: '1s' })
    ${rest}`
}

describe('a process that holds a fault', () => {
  test('takes it along when it is killed', async () => {
    await using rig = await startRig()
    const program = holding(rig.url, 'console.log(fault.name); setInterval(() => {}, 1000)')
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [name] = (await once(child.stdout, 'data')) as [Buffer]
    expect(rig.faults()).toEqual([name.toString().trim()])
    child.kill('SIGKILL')
    await once(child, 'exit')
    await eventually('its lease is over', () => rig.faults().length === 0)
  })

  test('is not kept alive by it', async () => {
    await using rig = await startRig()
    const child = spawn(process.execPath, ['--input-type=module', '-e', holding(rig.url)], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
