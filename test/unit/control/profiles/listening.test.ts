import { expect, test } from 'vitest'
import { ProfileRig } from '../../../support/profile-rig.ts'

const at = (listen: string, more = '') => `{ listen: "${listen}", upstream: "127.0.0.1:9"${more} }`
const ANY = '127.0.0.1:0'

test.each([
  ['127.0.0.1:21999', '127.0.0.1:21999'],
  ['127.0.0.1:21999', ':21999'],
  ['0.0.0.0:21999', '127.0.0.1:21999'],
  ['[::]:21999', 'localhost:21999'],
  ['localhost:21999', 'localhost:021999'],
  ['unix:/tmp/foulweather.sock', 'unix:/tmp/foulweather.sock'],
])('two proxies of a profile that would listen at %s and %s are found before anything listens', async (a, b) => {
  await using rig = new ProfileRig()
  const { problems } = await rig.profiles.validate('one', `proxies:\n  a: ${at(a)}\n  b: ${at(b)}`)
  expect(problems).toMatchObject([
    {
      code: 'invalid_value',
      field: 'proxies.b.listen',
      value: b,
      line: 3,
      column: 16,
      detail: `line 3, column 16: proxies.b.listen: proxy "a" of this profile listens there already, got "${b}"`,
    },
  ])
})

test.each([
  ['127.0.0.1:21999', '127.0.0.2:21999'],
  ['127.0.0.1:21998', '127.0.0.1:21999'],
  [ANY, ANY],
  [':http', ':http'],
  ['0.0.0.0:21999', '[::1]:21999'],
  ['unix:/tmp/one.sock', 'unix:/tmp/two.sock'],
])('%s and %s are in nobody’s way', async (a, b) => {
  await using rig = new ProfileRig()
  const text = `proxies:\n  a: ${at(a)}\n  b: ${at(b)}`
  expect(await rig.profiles.validate('one', text)).toEqual({ problems: [], warnings: [] })
})

test('a proxy that is not enabled listens nowhere', async () => {
  await using rig = new ProfileRig()
  const text = `proxies:\n  a: ${at(':21999')}\n  b: ${at(':21999', ', enabled: false')}`
  expect(await rig.profiles.validate('one', text)).toEqual({ problems: [], warnings: [] })
})

test('a port that is none is a mistake of the text', async () => {
  await using rig = new ProfileRig()
  const { problems } = await rig.profiles.validate('one', `proxies:\n  a: ${at('127.0.0.1:99999')}`)
  expect(problems).toMatchObject([
    {
      code: 'invalid_value',
      field: 'proxies.a.listen',
      value: '127.0.0.1:99999',
      line: 2,
      expected: 'a port of 0 to 65535, where 0 is any free one',
    },
  ])
})

test('an address that cannot be had is told with its place, and who has it', async () => {
  await using rig = new ProfileRig()
  const { listen } = await rig.control.addProxy({ name: 'taken', listen: ANY, upstream: '127.0.0.1:9' })
  const { failed } = await rig.save({ one: `active: true\nproxies:\n  free: ${at(ANY)}\n  p: ${at(listen)}` })
  expect(failed).toMatchObject([
    {
      name: 'one',
      problems: [
        {
          code: 'listen_failed',
          detail: `profiles/one.yaml:4:16: proxies.p.listen: listen tcp ${listen}: bind: address already in use (proxy "taken" listens there)`,
          field: 'proxies.p.listen',
          value: listen,
          file: 'profiles/one.yaml',
          line: 4,
          column: 16,
        },
      ],
    },
  ])
  expect(rig.control.proxies().map(({ name }) => name)).toEqual(['taken'])
})

test('whoever reads the files again is told again what is wrong, and nobody else is', async () => {
  await using rig = new ProfileRig()
  const texts = {
    cut: 'faults: [',
    inactive: `proxies:\n  p: ${at(ANY)}\nfaults: [{ on: p, type: noob }]`,
    good: `active: true\nproxies:\n  q: ${at(ANY)}`,
  }
  const first = await rig.save(texts)
  expect(first).toMatchObject({ changed: ['good'], failed: [{ name: 'cut' }, { name: 'inactive' }] })
  rig.takeChanges()
  const second = await rig.save({})
  expect(second).toEqual({ changed: [], failed: first.failed, removed: [] })
  expect(rig.takeChanges()).toEqual([])
  await rig.save({ cut: 'faults: []', inactive: texts.inactive.replace('noob', 'noop') })
  expect(await rig.save({})).toEqual({ changed: [], failed: [], removed: [] })
})

test('what came over the API is not activated because it says so', async () => {
  await using rig = new ProfileRig({ lifetimes: { requireTtl: true } })
  const text = `active: true\nproxies:\n  p: ${at(ANY)}\nfaults: [{ on: p, type: noop }]`
  await rig.profiles.put('sent', text)
  await rig.save({ file: text.replace('p:', 'q:').replace('on: p', 'on: q') })
  expect(await rig.profiles.activateMarked()).toEqual([])
  expect(rig.profiles.active().map(({ name }) => name)).toEqual(['file'])
})
