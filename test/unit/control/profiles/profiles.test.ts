import { describe, expect, test } from 'vitest'
import type { FaultRecord } from '../../../../src/control/records.ts'
import { ProfileRig } from '../../../support/profile-rig.ts'
import { eventually } from '../../../support/wait.ts'

const PG = `
description: A slow replica
vars: { delay: 250ms, share: 0.3 }
proxies:
  pg: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 }
faults:
  - { name: slow, on: pg, type: latency, direction: downstream, latency: "\${delay}", probability: "\${share}" }
  - { name: thin, on: pg, type: bandwidth, rate: 1MB }
`

const brief = (name: string, ttl: string) => `
active: true
proxies: { p: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 } }
faults: [{ name: brief, on: p, type: noop, ttl: ${ttl} }, { name: ${name}, on: p, type: noop }]`

/** Without what every fault has of its own. */
const bare = ({ plan }: FaultRecord) => Object.assign({}, plan, { owner: '', revision: 0, draw: 0 })

const only = (proxy: string, ...faults: readonly string[]) => `
proxies: { ${proxy}: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 } }
faults: [${faults.map((name) => `{ name: ${name}, on: ${proxy}, type: noop }`).join(', ')}]
`

describe('activating and deactivating', () => {
  test('puts proxies and faults in force, with their owner, and takes them away again', async () => {
    await using rig = new ProfileRig()
    await rig.profiles.put('replica', PG)
    rig.takeChanges()
    const view = await rig.profiles.activate('replica', { vars: { share: 0.5 } }, { actor: 'me', reason: 'game day' })
    expect(rig.inForce).toEqual(['pg: slow, thin'])
    const { owner, faults } = rig.control.proxy('pg')
    expect(owner).toBe('profile:replica')
    expect(faults[0]?.plan).toMatchObject({ owner: 'profile:replica', probability: 0.5, params: { latency: 250 } })
    expect(view).toMatchObject({ state: 'active', vars: { delay: '250ms', share: 0.5 }, proxies: ['pg'], faults: 2 })
    expect(rig.changes.at(-1)).toMatchObject({ actor: 'me', reason: 'game day', after: { state: 'active' } })
    expect(rig.takeChanges()).toEqual([
      'proxy-created pg',
      'fault-added pg slow',
      'fault-added pg thin',
      'profile-activated replica',
    ])
    expect(await rig.profiles.deactivate('replica')).toMatchObject({ state: 'inactive' })
    expect(rig.inForce).toEqual([])
    expect(rig.takeChanges()).toEqual(['proxy-deleted pg', 'profile-deactivated replica'])
    await rig.profiles.deactivate('replica')
    expect(rig.takeChanges()).toEqual([])
  })

  test('faults on proxies of the API leave these as they are when they go', async () => {
    await using rig = new ProfileRig()
    await rig.control.addProxy({ name: 'pg-1', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.control.addProxy({ name: 'redis', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.control.addFault('pg-1', { name: 'own', type: 'noop' })
    await rig.profiles.put('rain', 'faults: [{ name: wet, on: "pg-*", type: noop }]')
    await rig.profiles.activate('rain')
    expect(rig.inForce).toEqual(['pg-1: own, wet', 'redis: '])
    await rig.control.addProxy({ name: 'pg-2', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await eventually('the glob has been looked at', () => rig.inForce.includes('pg-2: wet'))
    await rig.profiles.deactivate('rain')
    expect(rig.inForce).toEqual(['pg-1: own', 'pg-2: ', 'redis: '])
  })

  test('several may be in force, and share what they define alike', async () => {
    await using rig = new ProfileRig()
    await rig.profiles.put('one', only('p', 'a'))
    await rig.profiles.put('two', only('p', 'b'))
    await rig.profiles.activate('one')
    await rig.profiles.activate('two')
    expect(rig.inForce).toEqual(['p: a, b'])
    const { listen } = rig.control.proxy('p')
    await rig.profiles.deactivate('one')
    expect(rig.inForce).toEqual(['p: b'])
    expect(rig.control.proxy('p')).toMatchObject({ listen, owner: 'profile:two' })
    await rig.profiles.deactivate('two')
    expect(rig.inForce).toEqual([])
  })

  test.each([
    [
      'a proxy that another one defines otherwise',
      only('p', 'b').replace('127.0.0.1:9', '127.0.0.1:8'),
      /profile two \(line 2.*profile one \(line 2.*proxy "p".*upstream/,
    ],
    [
      'a fault of a name that another one has',
      only('p', 'a'),
      /profile two \(line 3.*profile one \(line 3.*fault "a" of proxy "p"/,
    ],
  ])('%s is refused, with both places', async (_, text, message) => {
    await using rig = new ProfileRig()
    await rig.profiles.put('one', only('p', 'a'))
    await rig.profiles.put('two', text)
    await rig.profiles.activate('one')
    await expect(rig.profiles.activate('two')).rejects.toMatchObject({
      code: 'profile_conflict',
      status: 409,
      message: expect.stringMatching(message) as string,
    })
    expect(rig.inForce).toEqual(['p: a'])
    expect(rig.profiles.get('two').state).toBe('inactive')
  })

  test('what the API has made otherwise is in the way; what it has made alike is taken, and stays', async () => {
    await using rig = new ProfileRig()
    const { listen } = await rig.control.addProxy({ name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.control.addFault('p', { name: 'taken', type: 'noop' })
    await rig.profiles.put('moved', only('p', 'a'))
    await expect(rig.profiles.activate('moved')).rejects.toMatchObject({ code: 'profile_conflict' })
    await rig.profiles.put('alike', only('p', 'a').replace('127.0.0.1:0', listen))
    await rig.profiles.activate('alike')
    expect(rig.inForce).toEqual(['p: taken, a'])
    await rig.profiles.deactivate('alike')
    expect(rig.inForce).toEqual(['p: taken'])
    await rig.profiles.put('clash', 'faults: [{ name: taken, on: p, type: noop }]')
    await expect(rig.profiles.activate('clash')).rejects.toMatchObject({ code: 'profile_conflict' })
  })

  test('one proxy that cannot listen, and nothing is in force', async () => {
    await using rig = new ProfileRig()
    const { listen } = await rig.control.addProxy({ name: 'there', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.profiles.put(
      'both',
      `
proxies:
  a: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 }
  b: { listen: "${listen}", upstream: 127.0.0.1:9 }
faults: [{ name: f, on: [a, b, there], type: noop }]
`,
    )
    rig.takeChanges()
    await expect(rig.profiles.activate('both')).rejects.toMatchObject({ code: 'listen_failed' })
    expect(rig.inForce).toEqual(['there: '])
    expect(rig.profiles.get('both').state).toBe('inactive')
  })

  test('all that is wrong is told at once, each with its place', async () => {
    await using rig = new ProfileRig()
    await rig.save({
      bad: `
proxies:
  pg: { listen: 127.0.0.1:0, upstraem: 127.0.0.1:9 }
  ok: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 }
faults:
  - { name: f, on: kp, type: latency }
  - { name: g, on: ok, type: latnecy }
  - { name: fine, on: pg, type: latency }
  - name: h
    on: ok
    type: latency
    latency: soon
`,
    })
    const error = await rig.profiles.activate('bad').then(
      () => undefined,
      (cause: unknown) => cause,
    )
    expect(error).toMatchObject({
      code: 'invalid_profile',
      problems: [
        {
          field: 'proxies.pg.upstraem',
          place: { file: 'profiles/bad.yaml', line: 3 },
          message: expect.stringContaining('did you mean "upstream"') as string,
        },
        { field: 'faults[0].on', value: 'kp', place: { line: 6 } },
        {
          field: 'faults[1].type',
          place: { line: 7 },
          message: expect.stringMatching(/^profiles\/bad\.yaml:7:\d+: .*did you mean "latency"/) as string,
        },
        { field: 'faults[3].latency', value: 'soon', place: { line: 12, column: 14 } },
      ],
    })
  })
})

describe('live reload', () => {
  test('what a saved file does not change stays the very same', async () => {
    await using rig = new ProfileRig()
    await rig.save({ replica: PG.replace('description', 'active: true\ndescription') })
    expect(rig.inForce).toEqual(['pg: slow, thin'])
    const before = rig.control.proxy('pg')
    rig.takeChanges()
    const result = await rig.save({
      replica: PG.replace('description', 'active: true\ndescription').replace('0.3', '0.6'),
    })
    expect(result).toEqual({ changed: ['replica'], failed: [], removed: [] })
    const after = rig.control.proxy('pg')
    expect(after.listen).toBe(before.listen)
    expect(after.faults[1]).toBe(before.faults[1])
    expect(after.faults[0]?.plan).toMatchObject({
      probability: 0.6,
      draw: before.faults[0]?.plan.draw,
      revision: before.faults[0]?.plan.revision,
    })
    expect(rig.takeChanges()).toEqual(['fault-updated pg slow', 'profile-reloaded replica'])
    await rig.save({})
    expect(rig.takeChanges()).toEqual([])
  })

  test('an invalid save keeps what was good last, says so, and is mended by the next good one', async () => {
    await using rig = new ProfileRig()
    const good = only('p', 'a', 'b')
    await rig.save({ one: `active: true${good}` })
    rig.takeChanges()
    for (const bad of ['faults: [', `${good}\nfaults: []`, good.replace('noop', 'noob'), '\0', '']) {
      const result = await rig.save({ one: bad })
      if (bad === '') continue
      expect(result.failed).toMatchObject([
        { name: 'one', problems: [{ detail: expect.any(String) as string, line: expect.any(Number) as number }] },
      ])
      expect(rig.inForce).toEqual(['p: a, b'])
      expect(rig.profiles.get('one')).toMatchObject({ state: 'active', problems: [{ file: 'profiles/one.yaml' }] })
      expect(rig.takeChanges()).toEqual(['profile-reload-failed one'])
    }
    await rig.save({ one: `active: true${only('p', 'b', 'c')}` })
    expect(rig.inForce).toEqual(['p: b, c'])
    expect(rig.profiles.get('one')).toMatchObject({ state: 'active', problems: [] })
  })

  test('a file that is gone takes its profile with it; `active` is followed', async () => {
    await using rig = new ProfileRig()
    await rig.save({ one: only('p', 'a'), two: `active: true${only('q', 'b')}` })
    expect(rig.inForce).toEqual(['q: b'])
    await rig.save({ one: `active: true${only('p', 'a')}`, two: `active: false${only('q', 'b')}` })
    expect(rig.inForce).toEqual(['p: a'])
    expect(await rig.save({ one: null })).toMatchObject({ removed: ['one'] })
    expect(rig.inForce).toEqual([])
    expect(() => rig.profiles.get('one')).toThrow(expect.objectContaining({ code: 'profile_not_found' }))
  })

  test('a profile follows those that it extends', async () => {
    await using rig = new ProfileRig()
    await rig.save({
      base: only('p', 'a'),
      child: 'active: true\nextends: base\nfaults: [{ name: own, on: p, type: noop }]',
    })
    expect(rig.inForce).toEqual(['p: a, own'])
    await rig.save({ base: only('p', 'a', 'z') })
    expect(rig.inForce).toEqual(['p: a, z, own'])
    expect((await rig.save({ base: null })).failed).toMatchObject([{ name: 'child' }])
    expect(rig.inForce).toEqual(['p: a, z, own'])
  })

  test('a fault that has come to its end stays away, unless what is said of it is changed', async () => {
    await using rig = new ProfileRig()
    await rig.save({ one: brief('x', '1s') })
    rig.clock.advance(1000)
    await eventually('it is gone', () => String(rig.inForce) === 'p: x')
    await rig.save({ one: brief('y', '1s') })
    expect(rig.inForce).toEqual(['p: y'])
    await rig.save({ one: brief('y', '2s') })
    expect(rig.inForce).toEqual(['p: brief, y'])
  })
})

describe('lifetimes', () => {
  test('an activation ends with its ttl, and with its lease unless that is renewed', async () => {
    await using rig = new ProfileRig()
    await rig.profiles.put('one', `ttl: 10s${only('p', 'a')}`)
    expect(await rig.profiles.activate('one', { lease: '3s' })).toMatchObject({
      ttl: 10_000,
      lease: 3000,
      ttl_remaining: 3000,
    })
    for (let i = 0; i < 3; i++) {
      rig.clock.advance(2500)
      await rig.profiles.renew('one')
    }
    expect(rig.profiles.get('one')).toMatchObject({ state: 'active', ttl_remaining: 2500 })
    rig.takeChanges()
    rig.clock.advance(2500)
    await eventually('it is over', () => rig.profiles.get('one').state === 'inactive')
    expect(rig.changes).toMatchObject([
      { action: 'proxy-deleted', reason: 'ttl' },
      { action: 'profile-expired', reason: 'ttl' },
    ])
    await expect(rig.profiles.renew('one')).rejects.toMatchObject({ code: 'no_lease' })
    await rig.profiles.activate('one', { lease: 500 })
    rig.clock.advance(500)
    await eventually('it is over', () => rig.inForce.length === 0)
    expect(rig.changes.at(-1)).toMatchObject({ action: 'profile-expired', reason: 'lease' })
  })

  test('bounds of the server hold for activations', async () => {
    await using rig = new ProfileRig({ lifetimes: { maxTtl: 60_000, requireTtl: true } })
    await rig.profiles.put('one', only('p', 'a'))
    await expect(rig.profiles.activate('one', { ttl: '2m' })).rejects.toMatchObject({
      code: 'invalid_value',
      field: 'ttl',
    })
    expect(await rig.profiles.activate('one')).toMatchObject({ ttl: 60_000 })
    await expect(rig.profiles.activate('one', { ttl: 'soon' })).rejects.toMatchObject({ field: 'ttl', value: 'soon' })
  })
})

describe('halt', () => {
  test('takes every fault and every activation away, keeps proxies, and refuses faults until it is over', async () => {
    await using rig = new ProfileRig()
    await rig.save({ one: `active: true${only('p', 'a')}` })
    await rig.control.addProxy({ name: 'q', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.control.addFault('q', { type: 'noop', name: 'own' })
    const { listen } = rig.control.proxy('p')
    rig.takeChanges()
    expect(await rig.control.halt({ actor: 'me', reason: 'pager' })).toMatchObject({
      faults_removed: 2,
      profiles_deactivated: ['one'],
    })
    expect(rig.inForce).toEqual(['p: ', 'q: '])
    expect(rig.takeChanges()).toEqual(['halted', 'fault-removed p a', 'fault-removed q own'])
    const refused = { code: 'halted', message: expect.stringContaining('by me (pager)') as string }
    await expect(rig.control.addFault('q', { type: 'noop' })).rejects.toMatchObject(refused)
    await expect(rig.profiles.activate('one')).rejects.toMatchObject(refused)
    await rig.save({ two: `active: true${only('r', 'c')}` })
    expect(rig.inForce).toEqual(['p: ', 'q: ', 'r: '])
    rig.control.resume()
    expect(rig.inForce).toEqual(['p: ', 'q: ', 'r: '])
    await rig.profiles.activate('one')
    expect(rig.inForce).toEqual(['p: a', 'q: ', 'r: '])
    expect(rig.control.proxy('p').listen).toBe(listen)
  })

  test('a change that is under way brings nothing back', async () => {
    await using rig = new ProfileRig()
    await rig.control.addProxy({ name: 'q', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.control.addFault('q', { type: 'noop', name: 'own' })
    const moving = rig.control.updateProxy('q', { upstream: '127.0.0.1:10' })
    const adding = rig.control.addFault('q', { type: 'latency' }).catch((error: unknown) => error)
    await rig.control.halt()
    await moving
    expect(await adding).toMatchObject({ code: 'halted' })
    expect(rig.inForce).toEqual(['q: '])
    expect(rig.control.proxy('q')).toMatchObject({ upstream: '127.0.0.1:10', enabled: true })
  })
})

describe('looking without touching', () => {
  test('a diff says what would change, and changes nothing', async () => {
    await using rig = new ProfileRig()
    await rig.save({ one: `active: true${only('p', 'a', 'b')}` })
    const before = rig.control.proxy('p')
    const text = `
proxies:
  p: { listen: 127.0.0.1:0, upstream: 127.0.0.1:8 }
  q: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 }
faults: [{ name: b, on: p, type: noop, probability: 0.5 }, { name: c, on: q, type: noop }]`
    expect(await rig.profiles.diff('one', {}, text)).toMatchObject([
      { action: 'update', proxy: 'p', fields: ['listen', 'upstream'], drops_sessions: true },
      {
        action: 'update',
        proxy: 'p',
        fault: 'b',
        fields: ['probability'],
        before: { probability: 1 },
        after: { probability: 0.5 },
      },
      { action: 'remove', proxy: 'p', fault: 'a', after: null },
      { action: 'create', proxy: 'q', before: null },
      { action: 'create', proxy: 'q', fault: 'c', before: null },
    ])
    expect(rig.control.proxy('p')).toBe(before)
    expect(await rig.profiles.diff('one')).toEqual([])
  })

  test('an export is a profile that makes the same again', async () => {
    await using rig = new ProfileRig()
    await rig.control.addProxy({
      name: 'web',
      listen: '127.0.0.1:0',
      upstream: 'http://127.0.0.1:9',
      http: { tell: true },
    })
    await rig.control.addFault('web', {
      type: 'http_error',
      status: 503,
      match: { path: '/${x}/*' },
      probability: 0.25,
    })
    await rig.control.addFault('web', {
      type: 'latency',
      ramp: { latency: { from: 0, to: '1s', over: '1m' } },
      ttl: '10s',
    })
    await rig.control.addFault('web', { type: 'noop', lease: '10s' })
    rig.clock.advance(4000)
    const exported = rig.profiles.export(false)
    const faults = rig.control.proxy('web').faults.slice(0, 2).map(bare)
    await rig.control.deleteProxy('web')
    await rig.profiles.put('again', JSON.stringify(exported))
    await rig.profiles.activate('again')
    expect(rig.control.proxy('web')).toMatchObject({ protocol: 'http', http: { tell: true } })
    const again = rig.control.proxy('web').faults
    expect(again.map(bare)).toEqual(faults)
    expect(again[1]?.lifetime).toMatchObject({ ttl: 6000 })
  })

  test('validation lists problems, or warnings', async () => {
    await using rig = new ProfileRig()
    expect(await rig.profiles.validate('x', only('p', 'a'))).toEqual({ problems: [], warnings: [] })
    expect(await rig.profiles.validate('x', 'faults: [{ on: "q*", type: noop }]')).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining('"q*"')],
    })
    expect(await rig.profiles.validate('x', 'faults: [{ on: q, type: noop }, { type: noop }]')).toMatchObject({
      problems: [{ field: 'faults[1].on' }],
    })
    expect(rig.profiles.list()).toEqual([])
  })
})

test('a profile that came over the API can be replaced and taken away; a file cannot', async () => {
  await using rig = new ProfileRig()
  expect(await rig.profiles.put('one', only('p', 'a'))).toMatchObject({ created: true })
  await rig.profiles.activate('one')
  const { revision } = rig.profiles.get('one')
  await expect(rig.profiles.put('one', only('p', 'b'), { ifMatch: [revision + 5] })).rejects.toMatchObject({
    code: 'precondition_failed',
  })
  expect(await rig.profiles.put('one', only('p', 'b'), { ifMatch: [revision] })).toMatchObject({ created: false })
  expect(rig.inForce).toEqual(['p: b'])
  await expect(rig.profiles.put('one', 'faults: 5')).rejects.toMatchObject({ code: 'invalid_profile' })
  await expect(rig.profiles.put('one', only('p', 'b').replace('noop', 'nop'))).rejects.toMatchObject({
    code: 'invalid_profile',
  })
  expect(rig.inForce).toEqual(['p: b'])
  await rig.profiles.remove('one')
  expect([rig.inForce, rig.profiles.list()]).toEqual([[], []])
  await rig.save({ file: only('p', 'a') })
  await expect(rig.profiles.put('file', only('p', 'b'))).rejects.toMatchObject({ code: 'profile_read_only' })
  await expect(rig.profiles.remove('file')).rejects.toMatchObject({ code: 'profile_read_only' })
})
