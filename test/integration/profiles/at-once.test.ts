import { expect, test } from 'vitest'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { randomFor } from '../../../src/core/random.ts'
import { ProfileRig } from '../../support/profile-rig.ts'
import { eventually } from '../../support/wait.ts'

const ANY = '127.0.0.1:0'
const UPSTREAM = '127.0.0.1:9'

/** Whoever is refused was asked for it: anything else is a mistake of ours. */
async function tried(change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof FoulweatherError)) throw error
  }
}

test('everything at once, again and again: what is in force is what profiles and the API say, and nothing is left over', async () => {
  await using rig = new ProfileRig()
  const { control, profiles } = rig
  const random = randomFor(7, 'at once')
  const pick = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random.next() * choices.length)] ?? choices[0]
  const text = (which: number) => {
    const shared = `shared: { listen: ${ANY}, upstream: ${pick(UPSTREAM, '127.0.0.1:10')} }`
    const own = `own-${which}: { listen: ${pick(ANY, taken)}, upstream: ${UPSTREAM} }`
    const faults = ['a', 'b', 'c'].map(
      (name) =>
        `{ name: ${pick(name, 'same', `${name}${which}`)}, on: ${pick('shared', '"*"', '"api-*"')}, type: latency, latency: ${pick(0, 5, 20)}, probability: ${pick(0.1, 0.9)}${pick('', ', ttl: 50ms')} }`,
    )
    return `active: ${pick('true', 'false')}\nproxies: { ${pick(shared, own, `${shared}, ${own}`)} }\nfaults: [${faults.filter(() => random.next() < 0.6).join(', ')}]`
  }
  const { listen: taken } = await control.addProxy({ name: 'taken', listen: ANY, upstream: UPSTREAM })
  const names = ['p0', 'p1', 'p2'] as const
  const proxies = ['shared', 'own-0', 'own-1', 'api-1', 'api-2'] as const
  for (let round = 0; round < 150; round++) {
    const which = pick(0, 1, 2)
    const profile = pick(...names)
    const proxy = pick(...proxies)
    const changes: (() => Promise<unknown>)[] = [
      () => rig.save({ [`p${which}`]: pick(text(which), text(which), 'faults: [', null) }),
      () => profiles.activate(profile, { ttl: pick(undefined, 20), lease: pick(undefined, 30) }),
      () => profiles.deactivate(profile),
      () => profiles.renew(profile),
      () => profiles.reload(),
      () => control.deleteProxy(proxy),
      () => control.addProxy({ name: pick('api-1', 'api-2', 'shared'), listen: ANY, upstream: UPSTREAM }),
      () => control.patchProxy(proxy, { upstream: pick(UPSTREAM, '127.0.0.1:11') }),
      () => control.addFault(proxy, { name: pick('a', 'b', 'mine'), type: 'noop', ttl: pick(undefined, 20) }),
      () => control.updateFault(proxy, pick('a', 'b'), { probability: 0.5 }),
      () => control.reset(),
      () => Promise.resolve(round % 10 === 0 && control.halt()),
      () => Promise.resolve(control.resume()),
    ]
    const some = changes.filter(() => random.next() < 0.6)
    await Promise.all([...some, () => Promise.resolve(rig.clock.advance(10))].map(tried))
    for (const { name, faults } of control.proxies()) {
      const all = faults.map(({ plan }) => plan.name)
      expect([name, all]).toEqual([name, [...new Set(all)]])
    }
  }
  control.resume()
  for (const name of rig.texts.files.keys()) rig.texts.files.delete(name)
  await profiles.reload()
  await eventually('globs are looked at', () => profiles.list().length === 0)
  expect(control.proxies().map(({ owner }) => owner)).toEqual(control.proxies().map(() => 'api'))
  const faults = control.proxies().flatMap((proxy) => proxy.faults)
  expect(faults.filter(({ plan }) => plan.owner !== 'api')).toEqual([])
})
