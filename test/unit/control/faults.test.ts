import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ControlChange } from '../../../src/control/changes.ts'
import { ControlPlane } from '../../../src/control/control-plane.ts'
import { listToxics } from '../../../src/control/toxics.ts'
import type { DataPlane } from '../../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/wait.ts'

const UPSTREAM = '127.0.0.1:9'

let clock: ManualClock
let dataPlane: DataPlane
let control: ControlPlane
let changes: ControlChange[]
beforeEach(async () => {
  clock = new ManualClock(1000)
  dataPlane = createLocalDataPlane({ seed: 1, factory: faultFactory })
  control = new ControlPlane({ dataPlane, seed: 1, clock })
  changes = []
  await control.createProxy({ name: 'a', upstream: UPSTREAM, enabled: false })
  control.events.on('changed', (change) => changes.push(change))
})
afterEach(async () => {
  control.close()
  await dataPlane.close()
})

const names = (proxy = 'a') => control.proxy(proxy).faults.map(({ plan }) => plan.name)
const visible = (proxy = 'a') => listToxics(control.proxy(proxy)).map(({ plan }) => plan.name)

/** Those whose time is over are removed a few turns of the event loop later. */
async function nowGone(...left: readonly string[]): Promise<void> {
  await eventually('it is gone', () => String(names()) === String(left))
}

describe('adding', () => {
  test('puts a fault at the end, and tells of it', async () => {
    await control.addFault('a', { type: 'noop' })
    const fault = await control.addFault('a', { type: 'latency', latency: '1s', name: 'slow' }, { actor: 'me' })
    expect(names()).toEqual(['noop_downstream', 'slow'])
    expect(fault.plan).toMatchObject({ owner: 'api', draw: 0, params: { latency: 1000 } })
    expect(fault.plan.revision).toBeGreaterThan(0)
    expect(changes.at(-1)).toMatchObject({
      action: 'fault-added',
      proxy: 'a',
      fault: 'slow',
      before: null,
      after: { name: 'slow', latency: 1000, probability: 1, toxic: true },
      actor: 'me',
    })
  })

  test('a name that is taken, by whatever kind of fault, is refused', async () => {
    await control.addToxic('a', { name: 't', type: 'noop', attributes: () => ({}) })
    await control.addFault('a', { name: 'n', type: 'noop', direction: 'both' })
    const taken = { code: 'fault_exists', status: 409, value: 't' }
    await expect(control.addFault('a', { name: 't', type: 'latency' })).rejects.toMatchObject(taken)
    await expect(control.addToxic('a', { name: 'n', type: 'noop', attributes: () => ({}) })).rejects.toMatchObject({
      code: 'fault_exists',
    })
    expect(names()).toEqual(['t', 'n'])
  })

  test('names that no URL could name are refused', async () => {
    for (const name of ['.', '..', 'x'.repeat(1025)]) {
      await expect(control.addFault('a', { name, type: 'noop' })).rejects.toMatchObject({
        code: 'invalid_value',
        field: 'name',
      })
    }
  })

  test('256 are the most, of both kinds together', async () => {
    for (let i = 0; i < 255; i++) await control.addFault('a', { name: `n${i}`, type: 'noop', direction: 'both' })
    await control.addToxic('a', { name: 't', type: 'noop', attributes: () => ({}) })
    const refused = { code: 'invalid_value', message: expect.stringContaining('256') as string }
    await expect(control.addFault('a', { type: 'noop' })).rejects.toMatchObject(refused)
    await expect(control.addToxic('a', { type: 'noop', attributes: () => ({}) })).rejects.toMatchObject(refused)
  })

  test('what is not there or not right changes nothing', async () => {
    await expect(control.addFault('x', { type: 'noop' })).rejects.toMatchObject({ code: 'proxy_not_found' })
    await expect(control.addFault('a', { type: 'noop', ttl: 0 })).rejects.toMatchObject({ field: 'ttl' })
    expect(names()).toEqual([])
    expect(changes).toEqual([])
  })
})

describe('changing', () => {
  const WHOLE = {
    name: 'f',
    type: 'latency',
    latency: 100,
    jitter: 10,
    direction: 'upstream',
    probability: 0.5,
    match: { client: '::1' },
    existing: 'skip',
    on_remove: 'reset',
    schedule: { for: 10, every: 20 },
    limits: { max_active: 3 },
    ramp: { jitter: { from: 10, to: 0, over: '1m' } },
  }

  test('replaces what is given and keeps the rest', async () => {
    const { plan: before } = await control.addFault('a', WHOLE)
    const { plan } = await control.updateFault('a', 'f', { latency: '2s', match: { session: { first: 3 } } })
    expect(plan).toEqual({
      ...before,
      params: { ...before.params, latency: 2000 },
      match: { session: { first: 3 } },
      revision: plan.revision,
      draw: before.draw + 1,
    })
    expect(plan.revision).toBeGreaterThan(before.revision)
    expect(changes.at(-1)).toMatchObject({
      action: 'fault-updated',
      before: { latency: 100 },
      after: { latency: 2000 },
    })
  })

  test('null takes away, or brings the default back', async () => {
    await control.addFault('a', WHOLE)
    const nothing = Object.fromEntries(Object.keys(WHOLE).map((field) => [field, null]))
    const { name: _, type: __, ...rest } = nothing
    const { plan } = await control.updateFault('a', 'f', rest)
    const { plan: plain } = await control.addFault('a', { name: 'plain', type: 'latency' })
    expect(plan).toEqual({ ...plain, name: 'f', revision: plan.revision, draw: 1, epoch: 1 })
  })

  test('keeps the place in the list and the time of creation', async () => {
    const { created } = await control.addFault('a', { name: 'x', type: 'noop' })
    await control.addFault('a', { name: 'y', type: 'noop' })
    const after = await control.updateFault('a', 'x', { probability: 0.1 })
    expect(after.created).toBe(created)
    expect(names()).toEqual(['x', 'y'])
  })

  test.each([
    [{ latency: 7, direction: 'downstream', existing: 'reset', on_remove: null, ttl: 50 }, 0, undefined],
    [{ shadow: true }, 0, 1],
    [{ per: 'chunk' }, 1, undefined],
    [{ match: null }, 1, undefined],
    [{ schedule: { for: 11, every: 20 } }, 0, 1],
    [{ limits: { max_injections: 3 } }, 0, 1],
    [{ ramp: { jitter: { from: 10, to: 0, over: '2m' } } }, 0, 1],
    [{ ramp: null }, 0, 1],
  ])('%j: draws %d times anew, epoch %s', async (patch, draw, epoch) => {
    const before = await control.addFault('a', WHOLE)
    const after = await control.updateFault('a', 'f', patch)
    expect([after.plan.draw - before.plan.draw, after.plan.epoch]).toEqual([draw, epoch])
    expect(after.plan.revision).toBeGreaterThan(before.plan.revision)
  })

  test.each([
    [{}],
    [{ probability: 0.5, match: { client: ['::1'] }, schedule: { for: 10, every: 20 } }],
    [{ probability: 0.6 }],
    [{ ttl: '5m' }],
  ])('%j: nothing is drawn anew and stages stay, but it is another revision', async (patch) => {
    const before = await control.addFault('a', WHOLE)
    const after = await control.updateFault('a', 'f', patch)
    const { draw, epoch, revision } = before.plan
    expect(after.plan).toMatchObject({ draw, revision })
    expect(after.plan.epoch).toBe(epoch)
    expect(after.revision).toBeGreaterThan(before.revision)
  })

  test('a new ramp begins where it says; without it the parameter stays where it began', async () => {
    await control.addFault('a', WHOLE)
    const ramped = await control.updateFault('a', 'f', { ramp: { latency: { from: 7, to: 0, over: '2m' } } })
    expect(ramped.plan).toMatchObject({ params: { latency: 7, jitter: 10 }, ramp: { latency: { from: 7 } } })
    expect(Object.keys(ramped.plan.ramp ?? {})).toEqual(['latency'])
    await expect(control.updateFault('a', 'f', { latency: 8 })).rejects.toMatchObject({ field: 'latency', status: 400 })
    const fixed = await control.updateFault('a', 'f', { latency: 8, ramp: null })
    expect(fixed.plan).toMatchObject({ params: { latency: 8 } })
    expect(fixed.plan.ramp).toBeUndefined()
  })

  test('neither type nor name can be changed, but both may be given as they are', async () => {
    const before = await control.addFault('a', WHOLE)
    await expect(control.updateFault('a', 'f', { type: 'noop' })).rejects.toMatchObject({
      field: 'type',
      expected: '"latency"',
    })
    await expect(control.updateFault('a', 'f', { name: 'g' })).rejects.toMatchObject({ field: 'name', expected: '"f"' })
    await expect(control.updateFault('a', 'f', { name: null })).rejects.toMatchObject({ field: 'name' })
    expect(control.fault('a', 'f')).toBe(before)
    await control.updateFault('a', 'f', { name: 'f', type: 'latency' })
  })

  test('what is refused changes nothing and tells nothing', async () => {
    const before = await control.addFault('a', WHOLE)
    for (const patch of [
      { latency: -1 },
      { latncy: 1 },
      { probability: 2, latency: 5 },
      { schedule: 5 },
      { rate: 5 },
    ]) {
      await expect(control.updateFault('a', 'f', patch)).rejects.toMatchObject({ status: 400 })
    }
    expect(control.proxy('a').faults).toEqual([before])
    expect(changes).toHaveLength(1)
    await expect(control.updateFault('a', 'x', {})).rejects.toMatchObject({ code: 'fault_not_found' })
    await expect(control.updateFault('x', 'f', {})).rejects.toMatchObject({ code: 'proxy_not_found' })
  })
})

test('removing takes it out, once', async () => {
  await control.addFault('a', { name: 'x', type: 'noop', direction: 'both' })
  await control.removeFault('a', 'x', { actor: 'me' })
  expect(names()).toEqual([])
  expect(changes.at(-1)).toMatchObject({ action: 'fault-removed', fault: 'x', after: null, actor: 'me' })
  await expect(control.removeFault('a', 'x')).rejects.toMatchObject({ code: 'fault_not_found' })
})

describe('ttl', () => {
  const SHORT = { name: 'x', type: 'noop', ttl: '10s' }

  test('a fault goes by itself when its time is over, not before', async () => {
    const { lifetime } = await control.addFault('a', SHORT)
    expect(lifetime).toMatchObject({ ttl: 10_000, until: 11_000 })
    await control.addFault('a', { ...SHORT, name: 'y', ttl: '20s' })
    await control.addFault('a', { ...SHORT, name: 'z', ttl: null })
    clock.advance(9999)
    await control.updateFault('a', 'z', {})
    expect(names()).toEqual(['x', 'y', 'z'])
    clock.advance(1)
    await nowGone('y', 'z')
    expect(changes.at(-1)).toMatchObject({ action: 'fault-expired', fault: 'x', before: { ttl: 10_000 }, after: null })
    expect(changes.at(-1)).not.toHaveProperty('actor')
    clock.advance(10_000)
    await nowGone('z')
    expect(clock.armed).toBe(0)
  })

  test('one that is given anew starts anew; other changes leave the time alone', async () => {
    await control.addFault('a', SHORT)
    clock.advance(5000)
    const { lifetime } = await control.updateFault('a', 'x', { probability: 0.5 })
    expect(lifetime).toMatchObject({ ttl: 10_000, until: 11_000 })
    const renewed = await control.updateFault('a', 'x', { ttl: '10s' })
    expect(renewed.lifetime).toMatchObject({ ttl: 10_000, until: 16_000 })
    clock.advance(9000)
    await control.updateFault('a', 'x', {})
    expect(names()).toEqual(['x'])
    clock.advance(1000)
    await nowGone()
  })

  test('null lets it stay', async () => {
    await control.addFault('a', SHORT)
    expect(await control.updateFault('a', 'x', { ttl: null })).not.toHaveProperty('lifetime')
    expect(clock.armed).toBe(0)
  })

  test('a change through the routes of Toxiproxy keeps it', async () => {
    await control.addFault('a', SHORT)
    const after = await control.updateToxic('a', 'x', { toxicity: 0.5, attributes: () => ({}) })
    expect(after.lifetime).toMatchObject({ until: 11_000 })
    clock.advance(10_000)
    await nowGone()
  })

  test('a change that comes in at the last moment wins', async () => {
    await control.addFault('a', SHORT)
    const renewing = control.updateFault('a', 'x', { ttl: '5s' })
    clock.advance(10_000)
    const { lifetime } = await renewing
    // The clock had gone on before the change came to it.
    expect(lifetime?.until).toBe(16_000)
    await control.updateFault('a', 'x', {})
    expect(names()).toEqual(['x'])
    expect(changes.map(({ action }) => action)).not.toContain('fault-expired')
  })

  test.each<[string, () => Promise<unknown>]>([
    ['the fault is removed', () => control.removeFault('a', 'x')],
    ['the proxy is deleted', () => control.deleteProxy('a')],
    ['everything is reset', () => control.updateProxy('a', { listen: '127.0.0.1:0' }).then(() => control.reset())],
    ['the proxy is replaced', () => control.populate([{ name: 'a', upstream: '127.0.0.1:10', enabled: false }])],
    ['the control plane is closed', async () => control.close()],
  ])('nothing is left to do when %s', async (_, end) => {
    await control.addFault('a', SHORT)
    expect(clock.armed).toBe(1)
    await end()
    expect(clock.armed).toBe(0)
  })

  test('a fault of the same name that comes later has its own time', async () => {
    await control.addFault('a', SHORT)
    await control.removeFault('a', 'x')
    clock.advance(6000)
    await control.addFault('a', SHORT)
    clock.advance(6000)
    await control.updateFault('a', 'x', {})
    expect(names()).toEqual(['x'])
  })

  test('stopping, starting and moving the proxy do not matter', async () => {
    await control.addFault('a', SHORT)
    await control.updateProxy('a', { listen: '127.0.0.1:0', upstream: '127.0.0.1:10', enabled: true })
    clock.advance(10_000)
    await nowGone()
    expect(control.proxy('a').enabled).toBe(true)
  })

  test('a year is longer than any timer', async () => {
    await control.addFault('a', { ...SHORT, ttl: '8760h' })
    clock.advance(364 * 24 * 3_600_000)
    await control.updateFault('a', 'x', {})
    expect(names()).toEqual(['x'])
    clock.advance(24 * 3_600_000)
    await nowGone()
  })
})

describe('what the clients of Toxiproxy see', () => {
  test.each([
    { type: 'latency', latency: '250ms', jitter: 5 },
    { type: 'latency', direction: 'upstream', probability: 0.3 },
    { type: 'latency', ttl: '1h', per: 'session', existing: 'apply', on_remove: 'release' },
    { type: 'slicer', average_size: '1KiB', delay: '1.5ms' },
    { type: 'bandwidth', rate: '64KB/s' },
    { type: 'packet_loss', loss_rate: '2%', correlation: 0.123456789 },
    { type: 'noop' },
  ])('%j is a toxic', async (input) => {
    const { toxic, plan } = await control.addFault('a', { ...input, name: 'x' })
    expect(toxic).toMatchObject({ stream: plan.direction, toxicity: Math.fround(plan.probability) })
    expect(visible()).toEqual(['x'])
  })

  test.each([
    { type: 'latency', direction: 'both' },
    { type: 'latency', latency: 0.5 },
    { type: 'latency', latency: 1e20 },
    { type: 'bandwidth', rate: '64KiB/s' },
    { type: 'slicer', average_size: 10, delay: 0.0005 },
    { type: 'latency', distribution: 'normal', jitter: 5 },
    { type: 'packet_loss', mode: 'drop' },
    { type: 'latency', match: { client: '::1' } },
    { type: 'latency', per: 'chunk' },
    { type: 'latency', existing: 'skip' },
    { type: 'latency', on_remove: 'reset' },
    { type: 'latency', schedule: { for: 5 } },
    { type: 'latency', ramp: { latency: { from: 0, to: 5, over: 5 } } },
    { type: 'latency', limits: { max_active: 1 } },
    { type: 'refuse' },
    { type: 'connect_fail' },
  ])('%j is not: its routes do not know it', async (input) => {
    expect(await control.addFault('a', { ...input, name: 'x' })).not.toHaveProperty('toxic')
    expect(visible()).toEqual([])
    const update = { toxicity: 1, attributes: () => ({}) }
    await expect(control.updateToxic('a', 'x', update)).rejects.toMatchObject({ code: 'fault_not_found' })
    await expect(control.removeToxic('a', 'x')).rejects.toMatchObject({ code: 'fault_not_found' })
    await control.updateProxy('a', { listen: '127.0.0.1:0' })
    await control.reset()
    expect(names()).toEqual([])
  })

  test('a change decides it anew', async () => {
    await control.addFault('a', { name: 'x', type: 'latency', latency: 5 })
    await control.updateFault('a', 'x', { schedule: { for: 5 } })
    expect(visible()).toEqual([])
    await control.updateFault('a', 'x', { schedule: null, direction: 'upstream' })
    expect(visible()).toEqual(['x'])
    await control.updateFault('a', 'x', { latency: 0.1 })
    expect(visible()).toEqual([])
  })

  test('what a client wrote it reads back, as long as it is not changed', async () => {
    await control.addToxic('a', {
      name: 'x',
      type: 'latency',
      stream: 'UpStream',
      toxicity: 80,
      attributes: () => ({ latency: -5n, jitter: 9_007_199_254_740_993n }),
    })
    const { toxic: odd } = control.fault('a', 'x')
    expect((await control.updateFault('a', 'x', { ttl: '1h' })).toxic).toEqual(odd)
    const halved = await control.updateFault('a', 'x', { probability: 0.5 })
    expect(halved.toxic).toEqual({ ...odd, toxicity: 0.5 })
    const turned = await control.updateFault('a', 'x', { direction: 'downstream' })
    expect(turned.toxic).toEqual({ ...odd, toxicity: 0.5, stream: 'downstream' })
    const changed = await control.updateFault('a', 'x', { latency: 7, jitter: 0 })
    expect(changed.toxic).toEqual({ stream: 'downstream', toxicity: 0.5, attributes: { latency: 7n, jitter: 0n } })
  })

  test('a share keeps all its digits while only attributes are changed', async () => {
    await control.addFault('a', { name: 'x', type: 'latency', probability: 0.123456789012 })
    const after = await control.updateToxic('a', 'x', { attributes: () => ({ latency: 5n }) })
    expect(after.plan).toMatchObject({ probability: 0.123456789012, params: { latency: 5 }, draw: 1 })
    expect(after.toxic.toxicity).toBe(Math.fround(0.123456789012))
    const { plan } = await control.updateToxic('a', 'x', { toxicity: Math.fround(0.3), attributes: () => ({}) })
    expect(plan.probability).toBe(0.3)
  })
})
