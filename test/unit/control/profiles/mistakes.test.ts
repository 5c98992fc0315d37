import { describe, expect, test } from 'vitest'
import { ProfileRig } from '../../../support/profile-rig.ts'

const P = 'proxies: { p: { listen: 127.0.0.1:0, upstream: 127.0.0.1:9 } }'
const BAD = `${P}\nfaults: [{ on: p, type: latncy }, { on: p, type: latency, latency: soon }]`
const GOOD = `${P}\nfaults: [{ on: p, type: noop }]`
const many = (count: number) =>
  `${P}\nfaults:\n${'  - { on: p, type: noop }\n'.repeat(count - 1)}  - { on: p, type: nop }`

describe('a text that is put', () => {
  test('is refused with all its mistakes, and leaves what was', async () => {
    await using rig = new ProfileRig()
    await rig.profiles.put('one', GOOD)
    rig.takeChanges()
    for (const name of ['one', 'two']) {
      await expect(rig.profiles.put(name, BAD)).rejects.toMatchObject({
        code: 'invalid_profile',
        problems: [
          { code: 'invalid_fault_type', field: 'faults[0].type', value: 'latncy' },
          { field: 'faults[1].latency', value: 'soon' },
        ],
      })
    }
    expect(rig.takeChanges()).toEqual([])
    expect(rig.profiles.list().map(({ name }) => name)).toEqual(['one'])
    expect(rig.profiles.text('one')).toBe(GOOD)
  })

  test.each([
    ['a mistake of a proxy', 'proxies: { p: { listen: 127.0.0.1:0, upstraem: 127.0.0.1:9 } }', 'proxies.p.upstraem'],
    ['an upstream without a port', 'proxies: { p: { upstream: localhost } }', 'proxies.p.upstream'],
    [
      'an upstream without a port that a variable makes',
      'vars: { host: localhost }\nproxies: { p: { upstream: "${host}" } }',
      'proxies.p.upstream',
    ],
    ['a place to listen without a port', 'proxies: { p: { listen: "::1", upstream: db:1 } }', 'proxies.p.listen'],
    [
      'a default that does not fit',
      `vars: { d: soon }\n${P}\nfaults: [{ on: p, type: latency, latency: "\${d}" }]`,
      '',
    ],
    ['a variable that nobody declares', `${P}\nfaults: [{ on: p, type: latency, latency: "\${d}" }]`, ''],
    [
      'a field that is missing, on a proxy that is not there',
      'faults: [{ on: web, type: http_error }]',
      'faults[0].status',
    ],
    ['a circle', 'extends: one', 'extends'],
  ])('is refused for %s', async (_, text, field) => {
    await using rig = new ProfileRig()
    await expect(rig.profiles.put('one', text)).rejects.toMatchObject({
      code: 'invalid_profile',
      problems: [{ field: expect.stringContaining(field) as string }],
    })
    expect(rig.profiles.list()).toEqual([])
  })

  test.each([
    ['a variable has no value', `vars: { d: }\n${BAD.replace('soon', '"${d}"')}`],
    ['a variable without a value says where', `vars: { d: }\n${P}\nfaults: [{ on: "\${d}", type: noop }]`],
    ['a variable of the environment is not there', BAD.replace('soon', '"${env:NOT_THERE}"')],
    ['what it extends is not there', `extends: base\n${BAD}`],
    ['it is large', many(250)],
    ['its proxies are not there', 'faults: [{ on: nowhere, type: noop }, { on: "x*", type: http_error, status: 503 }]'],
  ])('is taken where %s', async (_, text) => {
    await using rig = new ProfileRig()
    expect(await rig.profiles.put('one', text)).toMatchObject({ created: true, profile: { state: 'inactive' } })
  })

  test('counts what it extends; the last that is looked at has 250', async () => {
    await using rig = new ProfileRig()
    await expect(rig.profiles.put('one', many(249))).rejects.toMatchObject({ code: 'invalid_profile' })
    await rig.profiles.put('large', many(300))
    expect(await rig.profiles.put('one', 'extends: large')).toMatchObject({ created: true })
  })

  test('is held against no proxy of others: that may be another one by the time', async () => {
    await using rig = new ProfileRig()
    await rig.control.addProxy({ name: 'web', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await rig.profiles.put('one', 'faults: [{ on: web, type: http_error, status: 503 }]')
    await expect(rig.profiles.activate('one')).rejects.toMatchObject({ code: 'invalid_profile' })
  })

  test('is looked at with the values that the server has for variables', async () => {
    const text = `vars: { d: }\n${P}\nfaults: [{ on: p, type: latency, latency: "\${d}" }]`
    await using rig = new ProfileRig({ vars: { d: 'soon' } })
    await expect(rig.profiles.put('one', text)).rejects.toMatchObject({ problems: [{ value: 'soon' }] })
  })
})

describe('a file that is not active', () => {
  test('shows its mistakes to who asks, and announces none', async () => {
    await using rig = new ProfileRig()
    expect(await rig.save({ one: BAD, two: GOOD })).toMatchObject({
      changed: ['two'],
      failed: [{ name: 'one', problems: [{ field: 'faults[0].type' }, { field: 'faults[1].latency' }] }],
      removed: [],
    })
    expect(rig.takeChanges()).toEqual([])
    expect(rig.profiles.get('one')).toMatchObject({
      state: 'inactive',
      problems: [
        { code: 'invalid_fault_type', field: 'faults[0].type', file: 'profiles/one.yaml', line: 2 },
        { field: 'faults[1].latency' },
      ],
    })
    expect(rig.profiles.get('two')).toMatchObject({ state: 'inactive', problems: [] })
    await rig.save({ one: GOOD })
    expect(rig.profiles.get('one')).toMatchObject({ state: 'inactive', problems: [] })
  })

  test('shows them when it is loaded at the start', async () => {
    await using rig = new ProfileRig()
    rig.texts.files.set('one', BAD)
    expect(await rig.profiles.load()).toMatchObject({ changed: [], failed: [{ name: 'one' }], removed: [] })
    expect(rig.profiles.get('one').problems).toHaveLength(2)
  })

  test('is looked at again when what it extends changes', async () => {
    await using rig = new ProfileRig()
    await rig.save({ base: GOOD, child: 'extends: base' })
    expect(rig.profiles.get('child').problems).toEqual([])
    await rig.save({ base: BAD })
    expect(rig.profiles.get('child')).toMatchObject({
      state: 'inactive',
      problems: [{ file: 'profiles/base.yaml' }, {}],
    })
    await rig.save({ base: GOOD })
    expect(rig.profiles.get('child').problems).toEqual([])
  })

  test('shows none of them once it is active', async () => {
    await using rig = new ProfileRig()
    await rig.save({ one: `vars: { d: soon }\n${P}\nfaults: [{ on: p, type: latency, latency: "\${d}" }]` })
    expect(rig.profiles.get('one').problems).toMatchObject([{ value: 'soon' }])
    expect(await rig.profiles.activate('one', { vars: { d: '5ms' } })).toMatchObject({ state: 'active', problems: [] })
  })
})

test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])('a %s is shown to nobody', async (kind) => {
  await using rig = new ProfileRig()
  const key = `-----BEGIN ${kind}-----\nc2VjcmV0\n-----END ${kind}-----\n`
  const vars = { key, cert: '-----BEGIN CERTIFICATE-----', count: 3 }
  await rig.profiles.put('one', JSON.stringify({ vars, labels: { note: `the key: ${key}`, team: 'storage' } }))
  const shown = {
    vars: { key: '(set)', cert: '-----BEGIN CERTIFICATE-----', count: 3 },
    labels: { note: '(set)', team: 'storage' },
  }
  expect(rig.profiles.get('one')).toMatchObject(shown)
  expect(await rig.profiles.activate('one', { vars: { key: `${key}${key}` } })).toMatchObject(shown)
  expect(rig.profiles.active()).toMatchObject([{ vars: { key: `${key}${key}` } }])
  const wrong = { vars: { key }, faults: [{ on: 'p*', type: 'latency', latency: '${key}' }] }
  const refused = await rig.profiles.validate('one', JSON.stringify(wrong))
  const long = { ...wrong, vars: { key: key.replace('c2', 'c2VjcmV0'.repeat(200)) } }
  const ofLong = await rig.profiles.validate('one', JSON.stringify(long))
  expect(refused.problems).toMatchObject([{ field: 'faults[0].latency', value: '(set)' }])
  expect(JSON.stringify([rig.changes, refused, ofLong])).not.toContain('c2VjcmV0')
})

describe('what a file extends', () => {
  test('has mistakes of its own, or is not there: one is told from the other', async () => {
    await using rig = new ProfileRig()
    const child = 'active: true\nextends: base'
    await rig.save({ base: 'faults: []', child })
    const { failed } = await rig.save({ base: 'faults: [' })
    expect(failed).toMatchObject([
      { name: 'base' },
      {
        name: 'child',
        problems: [
          {
            detail: 'profiles/child.yaml:2:10: extends: the profile "base" has mistakes, which have to be mended first',
          },
        ],
      },
    ])
    expect((await rig.save({ base: null })).failed).toMatchObject([
      { name: 'child', problems: [{ detail: 'profiles/child.yaml:2:10: extends: there is no profile "base"' }] },
    ])
  })
})

test('a place of files that cannot be read is told as it says it itself', async () => {
  await using rig = new ProfileRig()
  await rig.save({ one: `active: true\n${P}` })
  const before = rig.inForce
  rig.texts.read = () => Promise.reject(new Error('the profiles in p cannot be read: there is no such directory'))
  await expect(rig.profiles.reload()).rejects.toMatchObject({
    code: 'profiles_unreadable',
    message: 'the profiles in p cannot be read: there is no such directory',
  })
  expect(rig.inForce).toEqual(before)
})
