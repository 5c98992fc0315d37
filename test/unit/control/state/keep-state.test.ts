import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ControlPlane } from '../../../../src/control/control-plane.ts'
import type { FaultRecord } from '../../../../src/control/records.ts'
import { keepState, type KeptState } from '../../../../src/control/state/keep-state.ts'
import { describeFault, FAULTS } from '../../../../src/faults/index.ts'
import { ControlRig } from '../../../support/admin-rig.ts'
import { arbitraryParams } from '../../../support/arbitrary-params.ts'

interface Line {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly text: string
}

/** A control plane with a state file, which can be ended and started anew. */
class StateRig extends ControlRig {
  readonly log: Line[] = []
  #state: KeptState | undefined

  static async start(path: string, between?: (control: ControlPlane) => Promise<void>): Promise<StateRig> {
    const rig = new StateRig()
    const write =
      (level: string) =>
      (fields: object, text: string): void =>
        void rig.log.push({ level, fields: { ...fields }, text })
    const log = { info: write('info'), warn: write('warn'), error: write('error') }
    rig.#state = await keepState(path, rig.control, log, new AbortController().signal)
    await between?.(rig.control)
    await rig.#state.restoreLate()
    rig.#state.begin()
    return rig
  }

  get errors(): readonly string[] {
    return this.log.filter(({ level }) => level === 'error').map(({ text }) => text)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#state?.close()
    await super[Symbol.asyncDispose]()
  }
}

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-state-'))
  path = join(directory, 'state.json')
})

afterEach(() => rm(directory, { recursive: true }))

/** What clients can see of all proxies; what counts changes, and tells of the time, is another one in each process. */
function seen(control: ControlPlane): readonly object[] {
  return control
    .proxies()
    .map((proxy) => Object.assign({}, proxy, { revision: 0, faults: proxy.faults.map(faultSeen) }))
}

function faultSeen({ plan, toxic, lifetime }: FaultRecord): object {
  const { revision: _revision, draw: _draw, epoch: _epoch, ...same } = plan
  return { plan: same, toxic, lifetime }
}

async function afterRestart(
  before: (control: ControlPlane) => Promise<void>,
): Promise<{ was: readonly object[]; rig: StateRig }> {
  let was: readonly object[]
  {
    await using first = await StateRig.start(path)
    await before(first.control)
    was = seen(first.control)
  }
  return { was, rig: await StateRig.start(path) }
}

const PLAIN = { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' }
const HTTP = { ...PLAIN, name: 'h', protocol: 'http' }

function profileOf(name: string): string {
  return `vars: { delay: 1 }\nproxies: { ${name}: { listen: '127.0.0.1:0', upstream: '127.0.0.1:9' } }\nfaults: [{ on: ${name}, type: latency, latency: "\${delay}" }]\n`
}

function proxyTo(upstream: string): string {
  return `proxies: { s: { listen: "127.0.0.1:0", upstream: "${upstream}" } }\n`
}

describe('what survives', () => {
  test('proxies with their addresses, whether they listen or not', async () => {
    const { was, rig } = await afterRestart(async (control) => {
      await control.addProxy(PLAIN)
      await control.addProxy({
        ...HTTP,
        http: { lenient: true, max_headers: 7 },
        proxy_protocol: { accept: true, send: 'v2' },
      })
      await control.createProxy({ name: 'off', listen: 'garbage', upstream: 'no port', enabled: false })
      await control.addProxy({ ...HTTP, name: 'off-http', enabled: false })
      await control.updateProxy('off-http', { upstream: 'no port' })
      await control.addProxy({ ...PLAIN, name: 'gone' })
      await control.deleteProxy('gone')
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    expect(rig.control.proxies().map(({ name, enabled }) => [name, enabled])).toEqual([
      ['h', true],
      ['off', false],
      ['off-http', false],
      ['p', true],
    ])
    expect(seen(rig.control)).toEqual(was)
  })

  test('an example of every fault, on tcp or http, in the same order', async () => {
    const { was, rig } = await afterRestart(async (control) => {
      await control.addProxy(PLAIN)
      await control.addProxy(HTTP)
      for (const definition of FAULTS) {
        const { example } = describeFault(definition)
        if (definition.endsTls === true) continue
        const input = { ...example, type: definition.type, name: definition.type }
        const onHttp = definition.request !== undefined || definition.layer === 'http'
        await control.addFault(onHttp ? 'h' : 'p', input)
      }
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    const count = FAULTS.filter(({ endsTls }) => endsTls !== true).length
    expect(rig.control.proxies().flatMap(({ faults }) => faults)).toHaveLength(count)
    expect(seen(rig.control)).toEqual(was)
  })

  test('the common fields', async () => {
    const { was, rig } = await afterRestart(async (control) => {
      await control.addProxy(HTTP)
      await control.addFault('h', {
        type: 'http_error',
        status: 503,
        probability: '10%',
        match: { path: '/a/**', method: 'GET', headers: { 'x-a': '*' } },
        exclude: { path: '/a/b' },
        count: { every: 2 },
        sticky_by: 'header:x-user',
        schedule: { after: '1s', for: '2s', every: '5s' },
        ramp: { probability: { from: 0.1, to: 0.5, over: '1m' } },
        limits: { max_active: 3, max_injections: 10, max_share: '20%' },
        shadow: true,
      })
      await control.addFault('h', {
        type: 'latency',
        latency: 5,
        existing: 'skip',
        on_remove: 'reset',
        match: { client: '10.0.0.0/8' },
      })
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    expect(seen(rig.control)).toEqual(was)
  })

  test('any parameters of any fault', async () => {
    let count = 0
    const cases = fc.constantFrom(...FAULTS.filter(({ endsTls }) => endsTls !== true))
    await fc.assert(
      fc.asyncProperty(
        cases.chain((definition) => fc.tuple(fc.constant(definition), arbitraryParams(definition))),
        async ([definition, params]) => {
          await rm(path, { force: true })
          const { was, rig } = await afterRestart(async (control) => {
            await control.addProxy({ ...PLAIN, enabled: false, protocol: 'http' })
            // What its schema takes alone may still make no sense together.
            const adding = control.addFault('p', { ...params, type: definition.type })
            await adding.then(() => count++).catch(() => {})
          })
          await using _ = rig
          expect(rig.errors).toEqual([])
          expect(seen(rig.control)).toEqual(was)
        },
      ),
      { numRuns: 60 },
    )
    expect(count).toBeGreaterThan(30)
  })

  test('toxics as Toxiproxy’s clients wrote them', async () => {
    const { was, rig } = await afterRestart(async (control) => {
      await control.createProxy(PLAIN)
      const add = (name: string, type: string, stream: string, toxicity: number, values: Record<string, bigint>) =>
        control.addToxic('p', { name, type, stream, toxicity, attributes: () => values })
      await add('odd', 'latency', 'DownStream', 1.5, { latency: 5n, jitter: -3n })
      await add('negative', 'slow_close', 'upstream', -0.25, { delay: -5n })
      await add('float', 'bandwidth', 'downstream', Math.fround(0.3), { rate: 9_007_199_254_740_993n })
      await add('nothing', 'latency', 'upstream', -0, { latency: 1n })
      await add('changed', 'latency', 'upstream', 1, { latency: 1n })
      await control.updateToxic('p', 'changed', { toxicity: 7, attributes: () => ({ latency: 2n }) })
      await add('finer', 'latency', 'upstream', 1, { latency: 1n })
      await control.updateFault('p', 'finer', { probability: 0.123_456_789_012 })
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    expect(rig.control.fault('p', 'odd').toxic).toEqual({
      stream: 'DownStream',
      toxicity: 1.5,
      attributes: { latency: 5n, jitter: -3n },
    })
    expect(seen(rig.control)).toEqual(was)
  })

  test('not what ends by itself', async () => {
    const { rig } = await afterRestart(async (control) => {
      await control.addProxy(PLAIN)
      await control.addFault('p', { type: 'latency', latency: 5, name: 'ttl', ttl: '1h' })
      await control.addFault('p', { type: 'latency', latency: 5, name: 'lease', lease: '1h' })
      await control.addFault('p', { type: 'latency', latency: 5, name: 'stays' })
    })
    await using _ = rig
    expect(rig.control.proxy('p').faults.map(({ plan }) => plan.name)).toEqual(['stays'])
  })

  test('profiles that were put, and those that were activated without an end, with their variables', async () => {
    const { rig } = await afterRestart(async ({ profiles }) => {
      // The one that extends another comes first by its name.
      await profiles.put('z-base', profileOf('base'))
      await profiles.put('a-more', 'extends: [z-base]\nproxies: { base: { listen: "127.0.0.1:0" } }\n')
      await profiles.put('stays', profileOf('s'))
      await profiles.put('ends', profileOf('e'))
      await profiles.activate('stays', { vars: { delay: 7 } })
      await profiles.activate('ends', { ttl: '1h' })
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    const { profiles } = rig.control
    expect(profiles.list().map(({ name, state }) => [name, state])).toEqual([
      ['a-more', 'inactive'],
      ['ends', 'inactive'],
      ['stays', 'active'],
      ['z-base', 'inactive'],
    ])
    expect(profiles.active()).toEqual([{ name: 'stays', vars: { delay: 7 }, lasting: true }])
    expect(profiles.text('ends')).toBe(profileOf('e'))
    expect(rig.control.proxies().map(({ name, owner }) => [name, owner])).toEqual([['s', 'profile:stays']])
    expect(rig.control.proxy('s').faults[0]?.plan).toMatchObject({ owner: 'profile:stays', params: { latency: 7 } })
  })

  test('a fault of the API on a proxy of an active profile', async () => {
    const { was, rig } = await afterRestart(async (control) => {
      await control.profiles.put('one', 'proxies: { s: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }\n')
      await control.profiles.activate('one')
      await control.addFault('s', { type: 'latency', latency: 5 })
    })
    await using _ = rig
    expect(rig.errors).toEqual([])
    const faults = rig.control.proxy('s').faults.map(faultSeen)
    expect(faults).toEqual((was[0] as { faults: unknown } | undefined)?.faults)
    expect(faults).toHaveLength(1)
  })
})

describe('a halt', () => {
  test('is part of it: no fault and no profile comes back, proxies do', async () => {
    const { rig } = await afterRestart(async (control) => {
      await control.addProxy(PLAIN)
      await control.addFault('p', { type: 'latency', latency: 5 })
      await control.profiles.put(
        'one',
        'proxies: { s: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }\nfaults: [{ on: s, type: hang }]\n',
      )
      await control.profiles.activate('one')
      await control.halt({ actor: 'alice', reason: 'smoke' })
    })
    await using _ = rig
    expect(rig.control.safety.halt).toEqual({ since: expect.any(String), actor: 'alice', reason: 'smoke' })
    expect(rig.log.find(({ level }) => level === 'warn')).toMatchObject({
      text: 'Everything is still halted',
      fields: { actor: 'alice', reason: 'smoke' },
    })
    expect(rig.control.profiles.get('one').state).toBe('inactive')
    // That of a profile that is in force no more is nobody's now, and serves on.
    expect(rig.control.proxies().map(({ name, enabled, faults }) => [name, enabled, faults])).toEqual([
      ['p', true, []],
      ['s', true, []],
    ])
    await expect(rig.control.addFault('p', { type: 'latency', latency: 5 })).rejects.toMatchObject({ code: 'halted' })
  })

  test('that is over is no part of it', async () => {
    const { rig } = await afterRestart(async (control) => {
      await control.halt()
      control.resume()
    })
    await using _ = rig
    expect(rig.control.safety.halt).toBeUndefined()
  })

  test('faults that a file has in spite of it do not come back', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
      await first.control.addFault('p', { type: 'latency', latency: 5 })
    }
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"proxies"', '"halted":{"since":"2026-01-01T00:00:00.000Z"},"proxies"'))
    await using rig = await StateRig.start(path)
    expect(rig.control.proxy('p').faults).toEqual([])
    expect(rig.changes.map(({ action }) => action)).toEqual(['proxy-created'])
  })

  test('leaves the proxies of profiles theirs: what was edited meanwhile is no conflict, and goes with the profile', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.profiles.put('one', proxyTo('127.0.0.1:9'))
      await first.control.profiles.activate('one')
      await first.control.halt()
    }
    {
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([])
      expect(rig.control.proxies().map(({ name, owner }) => [name, owner])).toEqual([['s', 'profile:one']])
      rig.control.resume()
      await rig.control.profiles.put('one', proxyTo('127.0.0.1:10'))
      await rig.control.profiles.activate('one')
      expect(rig.control.proxy('s').upstream).toBe('127.0.0.1:10')
      await rig.control.halt()
    }
    await using rig = await StateRig.start(path)
    await rig.control.profiles.remove('one')
    expect(rig.control.proxies()).toEqual([])
  })

  test('over which left proxies of profiles: others that were activated since then have their faults on them', async () => {
    {
      await using first = await StateRig.start(path)
      const { profiles } = first.control
      await profiles.put('one', 'proxies: { s: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }\n')
      await profiles.put('two', 'faults: [{ on: s, type: hang }]\n')
      await profiles.activate('one')
      await first.control.halt()
      first.control.resume()
      await profiles.activate('two')
    }
    await using rig = await StateRig.start(path)
    expect(rig.errors).toEqual([])
    expect(rig.control.proxy('s').faults.map(({ plan }) => [plan.type, plan.owner])).toEqual([['hang', 'profile:two']])
  })

  test('a proxy of a profile that is made anew at the start is left to it', async () => {
    const text = 'proxies: { s: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }\n'
    {
      await using first = await StateRig.start(path)
      await first.control.profiles.put('one', text)
      await first.control.profiles.activate('one')
      await first.control.halt()
    }
    await using rig = await StateRig.start(path, async ({ profiles }) => {
      await profiles.activateAtStart('one')
    })
    expect(rig.errors).toEqual([])
    expect(rig.control.proxies().map(({ name, owner }) => [name, owner])).toEqual([['s', 'profile:one']])
  })
})

describe('what cannot be restored', () => {
  test('a proxy whose port is taken is logged and stays in the file; the others go on', async () => {
    let taken = ''
    {
      await using first = await StateRig.start(path)
      taken = (await first.control.addProxy({ ...PLAIN, name: 'taken' })).listen
      await first.control.addFault('taken', { type: 'latency', latency: 5 })
      await first.control.addProxy(PLAIN)
    }
    {
      await using blocker = new ControlRig()
      await blocker.control.addProxy({ ...PLAIN, name: 'blocker', listen: taken })
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([
        `Could not restore a proxy: listen tcp ${taken}: bind: address already in use; it stays in the state file, and is tried again at the next start`,
      ])
      expect(rig.control.proxies().map(({ name }) => name)).toEqual(['p'])
      await rig.control.addProxy({ ...PLAIN, name: 'new' })
    }
    await using rig = await StateRig.start(path)
    expect(rig.errors).toEqual([])
    expect(rig.control.proxies().map(({ name, faults }) => [name, faults.length])).toEqual([
      ['new', 0],
      ['p', 0],
      ['taken', 1],
    ])
    expect(rig.control.proxy('taken').listen).toBe(taken)
  })

  test('it is forgotten when another one of its name is made, and its faults when everything is halted', async () => {
    const listens: string[] = []
    {
      await using first = await StateRig.start(path)
      for (const name of ['a', 'b']) {
        listens.push((await first.control.addProxy({ ...PLAIN, name })).listen)
        await first.control.addFault(name, { type: 'latency', latency: 5 })
      }
    }
    {
      await using blocker = new ControlRig()
      for (const listen of listens) await blocker.control.addProxy({ ...PLAIN, name: listen, listen })
      await using rig = await StateRig.start(path)
      expect(rig.errors).toHaveLength(2)
      await rig.control.addProxy({ ...PLAIN, name: 'a' })
      await rig.control.deleteProxy('a')
      await rig.control.halt()
      rig.control.resume()
    }
    await using rig = await StateRig.start(path)
    expect(rig.control.proxies().map(({ name, faults }) => [name, faults])).toEqual([['b', []]])
  })

  test('a fault of a type that is not known is logged and forgotten', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
      for (const name of ['x', 'y']) await first.control.addFault('p', { type: 'hang', name })
    }
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"name":"x","type":"hang"', '"name":"x","type":"teapot"'))
    {
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([expect.stringMatching(/^Could not restore a fault: .*teapot.*; it is forgotten$/)])
      expect(rig.control.proxy('p').faults.map(({ plan }) => plan.name)).toEqual(['y'])
    }
    expect(await readFile(path, 'utf8')).not.toContain('teapot')
  })

  test('a profile whose port is taken is logged, and active again after the next start, with what the API has put on its proxies', async () => {
    let taken = ''
    {
      await using first = await StateRig.start(path)
      const { control } = first
      taken = (await control.addProxy({ ...PLAIN, name: 'for-its-port' })).listen
      await control.deleteProxy('for-its-port')
      await control.profiles.put('one', `proxies: { s: { listen: "${taken}", upstream: "127.0.0.1:9" } }\n`)
      await control.profiles.put('other', profileOf('o'))
      await control.profiles.activate('one')
      await control.profiles.activate('other', { vars: { delay: 3 } })
      await control.addFault('s', { type: 'latency', latency: 5 })
    }
    {
      await using blocker = new ControlRig()
      await blocker.control.addProxy({ ...PLAIN, listen: taken })
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([
        `Could not restore that a profile is active: line 1, column 25: proxies.s.listen: listen tcp ${taken}: bind: address already in use; it stays in the state file, and is tried again at the next start`,
      ])
      expect(rig.control.profiles.active().map(({ name }) => name)).toEqual(['other'])
    }
    {
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([])
      expect(rig.control.profiles.active().map(({ name }) => name)).toEqual(['other', 'one'])
      expect(rig.control.proxy('s').faults.map(({ plan }) => plan.type)).toEqual(['latency'])
    }
  })

  test('nor is it after a halt, or after it was deleted', async () => {
    const listens: string[] = []
    {
      await using first = await StateRig.start(path)
      const { control } = first
      for (const name of ['a', 'b']) {
        const { listen } = await control.addProxy({ ...PLAIN, name })
        await control.deleteProxy(name)
        listens.push(listen)
        await control.profiles.put(name, `proxies: { ${name}: { listen: "${listen}", upstream: "127.0.0.1:9" } }\n`)
        await control.profiles.activate(name)
      }
    }
    const text = await readFile(path, 'utf8')
    for (const end of ['halt', 'delete']) {
      await writeFile(path, text)
      {
        await using blocker = new ControlRig()
        for (const listen of listens) await blocker.control.addProxy({ ...PLAIN, name: listen, listen })
        await using rig = await StateRig.start(path)
        expect(rig.errors).toHaveLength(2)
        if (end === 'halt') {
          await rig.control.halt()
          rig.control.resume()
        } else await rig.control.profiles.remove('a')
      }
      await using rig = await StateRig.start(path)
      expect(rig.control.profiles.active().map(({ name }) => name)).toEqual(end === 'halt' ? [] : ['b'])
    }
  })

  test('faults on the proxy of a profile that is activated at the start wait for it', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.profiles.put('one', proxyTo('127.0.0.1:9'))
      await first.control.profiles.activate('one', { ttl: '1h' })
      await first.control.addFault('s', { type: 'latency', latency: 5 })
    }
    await using rig = await StateRig.start(path, async ({ profiles }) => {
      await profiles.activateAtStart('one')
    })
    expect(rig.errors).toEqual([])
    expect(rig.control.proxy('s').faults.map(({ plan }) => plan.type)).toEqual(['latency'])
  })

  test('bounds of lifetimes hold for faults that are restored', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
      await first.control.addFault('p', { type: 'hang' })
    }
    await using rig = new ControlRig()
    const control = new ControlPlane({ dataPlane: rig.dataPlane, seed: 1, lifetimes: { requireTtl: true } })
    const errors: string[] = []
    const log = { info: () => {}, warn: () => {}, error: (_fields: object, text: string) => void errors.push(text) }
    await keepState(path, control, log, new AbortController().signal)
    expect(errors).toEqual([expect.stringMatching(/^Could not restore a fault: ttl is missing: .*; it is forgotten$/)])
    expect(control.proxy('p').faults).toEqual([])
  })
})

describe('the file', () => {
  test.each([
    ['cut short', (text: string) => text.slice(0, -20), 'it is not JSON, or ends too early'],
    ['empty', () => '', 'it is not JSON, or ends too early'],
    ['of another version', (text: string) => text.replace('"version":1', '"version":9'), 'it is of version 9'],
    ['of something else', () => '[]', 'it is not the state of foulweather'],
  ])('%s is set aside, and the start goes on without it', async (_what, damage, why) => {
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
    }
    const damaged = damage(await readFile(path, 'utf8'))
    await writeFile(path, damaged)
    await writeFile(`${path}.damaged-1`, 'an earlier one')
    {
      await using rig = await StateRig.start(path)
      expect(rig.errors).toEqual([expect.stringContaining(`The state file cannot be used: ${why}`)])
      expect(rig.log[0]?.fields).toEqual({ state: path, aside: `${path}.damaged-2` })
      expect(rig.control.proxies()).toEqual([])
    }
    expect(await readFile(`${path}.damaged-1`, 'utf8')).toBe('an earlier one')
    expect(await readFile(`${path}.damaged-2`, 'utf8')).toBe(damaged)
    expect((await readdir(directory)).sort()).toEqual(['state.json', 'state.json.damaged-1', 'state.json.damaged-2'])
  })

  test('is not touched by a start that is called off', async () => {
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
    }
    const before = await readFile(path, 'utf8')
    await using rig = new ControlRig()
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const aborted = AbortSignal.abort(new Error('called off'))
    await expect(keepState(path, rig.control, log, aborted)).rejects.toThrow('called off')
    const kept = await keepState(path, rig.control, log, new AbortController().signal)
    await rig.control.deleteProxy('p')
    await kept.close()
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  test('is made where a link leads, also the first time', async () => {
    await mkdir(join(directory, 'volume'))
    await symlink('volume/kept.json', path)
    {
      await using first = await StateRig.start(path)
      await first.control.addProxy(PLAIN)
    }
    expect(await readdir(join(directory, 'volume'))).toEqual(['kept.json'])
    await using rig = await StateRig.start(path)
    expect(rig.control.proxies().map(({ name }) => name)).toEqual(['p'])
    expect(await readlink(path)).toBe('volume/kept.json')
  })

  test.each([
    ['missing/state.json', /the directory .*missing cannot be looked at \(ENOENT\)/],
    ['.', /it is no regular file/],
    ['file/state.json', /file is no directory/],
  ])('%s is refused', async (name, text) => {
    await writeFile(join(directory, 'file'), '')
    await expect(StateRig.start(join(directory, name))).rejects.toMatchObject({
      code: 'invalid_value',
      field: 'state',
      message: expect.stringMatching(text),
    })
  })
})
