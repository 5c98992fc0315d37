import { expect, test, vi } from 'vitest'
import { ProfileRig } from '../../../support/profile-rig.ts'
import { eventually } from '../../../support/wait.ts'

const noop = (name: string, on: string) => `{ name: ${name}, on: ${on}, type: noop }`
const at = (listen: string, upstream = '127.0.0.1:9') => `{ listen: "${listen}", upstream: "${upstream}" }`
const ANY = '127.0.0.1:0'
const P = `proxies: { p: ${at(ANY)} }`
const marked = (active: boolean) => `active: ${active}\n${P}`
const inOrder = (...names: readonly string[]) => `${P}\nfaults: [${names.map((name) => noop(name, 'p')).join(', ')}]`
const lasting = (ttl: string) => `${P}\nfaults: [{ name: f, on: p, type: noop, ttl: ${ttl} }]`
const besides = (fault: string) => `active: true\n${P}\nfaults: [${noop('x', 'p')}${fault}]`

test('two proxies swap their addresses in one save', async () => {
  await using rig = new ProfileRig()
  await rig.save({ one: `active: true\nproxies: { a: ${at(ANY)}, b: ${at(ANY)} }` })
  const [a, b] = ['a', 'b'].map((name) => rig.control.proxy(name).listen)
  const result = await rig.save({ one: `active: true\nproxies: { a: ${at(b ?? '')}, b: ${at(a ?? '')} }` })
  expect(result).toEqual({ changed: ['one'], failed: [], removed: [] })
  expect(rig.control.proxies().map(({ name, listen, enabled }) => ({ name, listen, enabled }))).toEqual([
    { name: 'a', listen: b, enabled: true },
    { name: 'b', listen: a, enabled: true },
  ])
})

test('many proxies pass their addresses on', async () => {
  await using rig = new ProfileRig()
  const names = Array.from({ length: 40 }, (_, index) => `p${index}`)
  const text = (listen: (index: number) => string) =>
    `active: true\nproxies:\n${names.map((name, index) => `  ${name}: ${at(listen(index))}`).join('\n')}`
  await rig.save({ one: text(() => ANY) })
  const were = names.map((name) => rig.control.proxy(name).listen)
  const next = (index: number) => were[(index + 1) % were.length] ?? ''
  expect((await rig.save({ one: text(next) })).failed).toEqual([])
  expect(names.map((name) => rig.control.proxy(name).listen)).toEqual(names.map((_, index) => next(index)))
})

test('addresses that were passed on go back when one cannot be had', async () => {
  await using rig = new ProfileRig()
  const taken = await rig.control.addProxy({ name: 'taken', listen: ANY, upstream: '127.0.0.1:9' })
  await rig.save({ one: `active: true\nproxies: { a: ${at(ANY)}, b: ${at(ANY)}, c: ${at(ANY)} }` })
  const before = rig.control.proxies().map(({ name, listen, enabled }) => ({ name, listen, enabled }))
  const [a, b] = before
  const text = `active: true\nproxies: { a: ${at(b?.listen ?? '')}, b: ${at(a?.listen ?? '')}, c: ${at(taken.listen)} }`
  rig.takeChanges()
  expect((await rig.save({ one: text })).failed).toMatchObject([{ name: 'one', problems: [{ code: 'listen_failed' }] }])
  expect(rig.control.proxies().map(({ name, listen, enabled }) => ({ name, listen, enabled }))).toEqual(before)
})

test('a profile that could not be activated when its file was saved is as soon as it can be', async () => {
  await using rig = new ProfileRig()
  const bad = `active: true\nproxies: { p: ${at(ANY)} }\nfaults: [{ name: f, on: p, type: noob }]`
  expect((await rig.save({ one: bad })).failed).toMatchObject([{ name: 'one' }])
  expect(rig.profiles.get('one')).toMatchObject({ state: 'inactive', problems: [{ line: 3 }] })
  expect(await rig.save({ one: bad.replace('noob', 'noop') })).toEqual({ changed: ['one'], failed: [], removed: [] })
  expect(rig.inForce).toEqual(['p: f'])
  expect(rig.profiles.get('one')).toMatchObject({ state: 'active', problems: [] })
})

test('what was in the way of a profile is gone: it is activated when files are read anew', async () => {
  await using rig = new ProfileRig()
  const { listen } = await rig.control.addProxy({ name: 'taken', listen: ANY, upstream: '127.0.0.1:9' })
  rig.texts.files.set('one', `active: true\nproxies: { p: ${at(listen)} }`)
  await rig.profiles.load()
  expect(await rig.profiles.activateMarked()).toMatchObject([{ name: 'one' }])
  await rig.control.deleteProxy('taken')
  expect(await rig.profiles.reload()).toEqual({ changed: ['one'], failed: [], removed: [] })
  expect(rig.inForce).toEqual(['p: '])
})

test('a mistake in between hides no change of `active`, and makes none', async () => {
  await using rig = new ProfileRig()
  await rig.save({ one: marked(true) })
  await rig.save({ one: 'faults: [' })
  await rig.save({ one: marked(false) })
  expect(rig.inForce).toEqual([])
  await rig.save({ one: marked(true) })
  await rig.profiles.deactivate('one')
  await rig.save({ one: 'faults: [' })
  await rig.save({ one: `${marked(true)} # mended` })
  expect(rig.inForce).toEqual([])
})

test('a text with mistakes that says no more that it is active leaves what is', async () => {
  await using rig = new ProfileRig()
  const text = `active: true\nproxies: { p: ${at(ANY)} }\nfaults: [${noop('f', 'p')}]`
  await rig.save({ one: text })
  const bad = text.replace('true', 'false').replace('noop', 'noob')
  expect((await rig.save({ one: bad })).failed).toMatchObject([{ name: 'one' }])
  expect(rig.inForce).toEqual(['p: f'])
  await rig.save({ one: text.replace('true', 'false') })
  expect(rig.inForce).toEqual([])
})

test('a glob joins proxies that another profile makes', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('rain', `faults: [${noop('wet', '"pg-*"')}]`)
  await rig.profiles.activate('rain')
  await rig.profiles.put('two', `proxies: { pg-1: ${at(ANY)}, pg-2: ${at(ANY)} }`)
  await rig.profiles.activate('two')
  await eventually('both are joined', () => String(rig.inForce) === 'pg-1: wet,pg-2: wet')
  await rig.profiles.deactivate('two')
  expect(rig.inForce).toEqual([])
})

test('a profile that ends leaves a proxy that it shares as the API has made it', async () => {
  await using rig = new ProfileRig()
  const shared = `proxies: { p: ${at(ANY)} }`
  await rig.profiles.put('one', shared)
  await rig.profiles.put('two', shared)
  await rig.profiles.activate('one', { ttl: 1000 })
  await rig.profiles.activate('two')
  const before = rig.control.proxy('p').listen
  await rig.control.patchProxy('p', { upstream: '127.0.0.1:10' })
  rig.clock.advance(1000)
  await eventually('it is over', () => rig.profiles.get('one').state === 'inactive')
  expect(rig.control.proxy('p')).toMatchObject({ listen: before, upstream: '127.0.0.1:10', owner: 'profile:two' })
})

test('what a profile that comes over the API says is put together without the environment', async () => {
  await using rig = new ProfileRig({ env: { SECRET: 'password' } })
  await rig.profiles.put(
    'base',
    `vars: { v: "\${env:SECRET:-none}" }\nproxies: { p: ${at(ANY, '${env:SECRET:-none}:9')}, q: ${at(ANY, '${v}:9')} }`,
  )
  const text = `active: true\nextends: base\nproxies: { r: ${at(ANY, '${env:SECRET:-none}:9')} }`
  await rig.save({ one: text })
  expect(rig.control.proxies().map(({ upstream }) => upstream)).toEqual(['none:9', 'none:9', 'none:9'])
  await rig.save({ one: text.replace('extends: base\n', '') })
  expect(rig.control.proxies().map(({ upstream }) => upstream)).toEqual(['password:9'])
})

test('another order is a change', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('one', inOrder('a', 'b', 'c'))
  await rig.profiles.activate('one')
  const { faults } = rig.control.proxy('p')
  expect(await rig.profiles.diff('one', {}, inOrder('c', 'a', 'b'))).toEqual([
    {
      action: 'update',
      proxy: 'p',
      fields: ['faults'],
      before: { faults: ['a', 'b', 'c'] },
      after: { faults: ['c', 'a', 'b'] },
    },
  ])
  rig.takeChanges()
  await rig.profiles.put('one', inOrder('c', 'a', 'b'))
  expect(rig.takeChanges()).toEqual(['proxy-updated p', 'profile-reloaded one', 'profile-put one'])
  expect(rig.control.proxy('p').faults).toEqual([faults[2], faults[0], faults[1]])
})

test('a diff shows that a fault lasts longer', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('one', lasting('1s'))
  await rig.profiles.activate('one')
  expect(await rig.profiles.diff('one', {}, lasting('2s'))).toMatchObject([
    { action: 'update', fault: 'f', fields: ['ttl'], before: { ttl: 1000 }, after: { ttl: 2000 } },
  ])
})

test('a fault that was taken out of the text, and is put in again, is there again', async () => {
  await using rig = new ProfileRig()
  const brief = ', { name: brief, on: p, type: noop, ttl: 1s }'
  await rig.save({ one: besides(brief) })
  rig.clock.advance(1000)
  await eventually('it is gone', () => String(rig.inForce) === 'p: x')
  await rig.save({ one: besides('') })
  await rig.save({ one: besides(brief) })
  expect(rig.inForce).toEqual(['p: x, brief'])
})

test('a proxy that is made anew is joined by a fault that has ended on the one before', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('rain', 'faults: [{ name: wet, on: "pg-*", type: noop, ttl: 1s }]')
  await rig.profiles.activate('rain')
  const pg = { name: 'pg-1', listen: ANY, upstream: '127.0.0.1:9' }
  await rig.control.addProxy(pg)
  await eventually('it is joined', () => String(rig.inForce) === 'pg-1: wet')
  rig.clock.advance(1000)
  await eventually('it is over', () => String(rig.inForce) === 'pg-1: ')
  await rig.control.deleteProxy('pg-1')
  await rig.control.addProxy(pg)
  await eventually('it is joined again', () => rig.control.proxy('pg-1').faults.length === 1)
  expect(rig.inForce).toEqual(['pg-1: wet'])
})

test('a fault of a profile that is activated anew lasts from then on; one that is reloaded does not', async () => {
  await using rig = new ProfileRig()
  const text = `active: true\nproxies: { p: ${at(ANY)} }\nfaults: [{ name: f, on: p, type: noop, ttl: 10s }]`
  await rig.save({ one: text })
  const [first] = rig.control.proxy('p').faults
  rig.clock.advance(6000)
  await rig.save({ one: `${text} # the same` })
  expect(rig.control.proxy('p').faults[0]).toBe(first)
  await rig.profiles.activate('one')
  const [again] = rig.control.proxy('p').faults
  expect(again?.lifetime?.until).toBe((first?.lifetime?.until ?? 0) + 6000)
  expect(again?.plan).toEqual(first?.plan)
})

/** Has something done just before the data plane hears of a proxy for the first time. */
function before(rig: ProfileRig, proxy: string, change: () => unknown): void {
  const apply = rig.dataPlane.apply.bind(rig.dataPlane)
  let done = false
  vi.spyOn(rig.dataPlane, 'apply').mockImplementation(async (plan) => {
    if (!done && plan.put?.some(({ name }) => name === proxy) === true) {
      done = true
      await change()
    }
    return apply(plan)
  })
}

test('what others change meanwhile is theirs, also when a profile is put back', async () => {
  await using rig = new ProfileRig()
  const { control } = rig
  const { listen } = await control.addProxy({ name: 'taken', listen: ANY, upstream: '127.0.0.1:9' })
  const text = (faults: string, more = '') => `proxies: { a: ${at(ANY)}, b: ${at(ANY)}${more} }\nfaults: [${faults}]`
  await rig.profiles.put('one', text(`${noop('x', '[a, b]')}, ${noop('gone', '[a, b]')}`))
  await rig.profiles.activate('one')
  before(rig, 'c', async () => {
    await control.deleteProxy('a')
    await control.addFault('b', { name: 'theirs', type: 'noop' })
  })
  const worse = text(
    `${noop('x', '[a, b]').replace('noop', 'latency, latency: 1')}, ${noop('y', 'b')}`,
    `, c: ${at(listen)}`,
  )
  await expect(rig.profiles.put('one', worse)).rejects.toMatchObject({ code: 'listen_failed' })
  expect(rig.inForce).toEqual(['b: x, theirs, gone', 'taken: '])
  expect(control.fault('b', 'x').plan.type).toBe('noop')
})

test('a fault of the same name that somebody adds meanwhile is in the way', async () => {
  await using rig = new ProfileRig()
  const { control } = rig
  await control.addProxy({ name: 'p', listen: ANY, upstream: '127.0.0.1:9' })
  await rig.profiles.put('one', `proxies: { a: ${at(ANY)} }\nfaults: [${noop('x', 'a')}, ${noop('y', 'p')}]`)
  // It waits in the queue of its proxy in front of what the profile does.
  const added = control.addFault('p', { name: 'y', type: 'noop' })
  const early = rig.profiles.activate('one')
  await added
  await expect(early).rejects.toMatchObject({ code: 'profile_conflict' })
  expect(rig.inForce).toEqual(['p: y'])
})

test('a halt that is over before an activation is leaves nothing of it in force', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('one', `proxies: { p: ${at(ANY)}, q: ${at(ANY)} }\nfaults: [${noop('x', '[p, q]')}]`)
  before(rig, 'q', () => {
    void rig.control.halt()
    rig.control.resume()
  })
  expect(await rig.profiles.activate('one')).toMatchObject({ state: 'inactive' })
  expect(rig.inForce).toEqual(['p: ', 'q: '])
})

test('what cannot be done when an activation ends is announced, and ends nothing else', async () => {
  await using rig = new ProfileRig()
  await rig.profiles.put('one', `proxies: { p: ${at(ANY)} }`)
  await rig.profiles.activate('one', { ttl: 1000 })
  const apply = vi.spyOn(rig.dataPlane, 'apply').mockRejectedValue(new Error('out of order'))
  rig.takeChanges()
  rig.clock.advance(1000)
  await eventually('it is announced', () => rig.changes.length > 0)
  expect(rig.changes).toMatchObject([
    {
      action: 'profile-reload-failed',
      profile: 'one',
      after: { problems: [{ detail: expect.stringContaining('out of order') as string }] },
    },
  ])
  apply.mockRestore()
  await rig.profiles.deactivate('one')
  expect(rig.inForce).toEqual([])
})

test('a text that cannot be put tells of every profile that went there and back', async () => {
  await using rig = new ProfileRig()
  const { listen } = await rig.control.addProxy({ name: 'taken', listen: ANY, upstream: '127.0.0.1:9' })
  const base = `vars: { at: "${ANY}" }\nfaults: []`
  await rig.profiles.put('base', base)
  await rig.profiles.put('a', `extends: base\nproxies: { a: ${at(ANY)} }`)
  await rig.profiles.put('b', `extends: base\nproxies: { b: ${at('${at}')} }`)
  await rig.profiles.activate('a')
  await rig.profiles.activate('b')
  rig.takeChanges()
  const worse = base.replace(ANY, listen).replace('[]', `[${noop('x', 'a')}]`)
  await expect(rig.profiles.put('base', worse)).rejects.toBeInstanceOf(Error)
  expect(rig.inForce).toEqual(['a: ', 'b: ', 'taken: '])
  expect(rig.takeChanges()).toEqual([
    'fault-added a x',
    'profile-reloaded a',
    'fault-removed a x',
    'profile-reloaded a',
  ])
})
