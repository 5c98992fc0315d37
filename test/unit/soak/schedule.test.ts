import { describe, expect, test } from 'vitest'
import { CALM, placeName, ROUGH, SERVICES } from '../../../soak/places.ts'
import { schedule, type Operation, type Timed } from '../../../soak/weather/schedule.ts'
import { readFault } from '../../../src/control/fault-input.ts'

const PROXIES = SERVICES.flatMap((service) => [placeName(CALM, service), placeName(ROUGH, service)])
const SPARES = { one: { port: 1, upstream: '127.0.0.1:2' } }

function first(count: number, seed: number, workers = false): readonly Timed[] {
  const options = { seed, proxies: PROXIES, spares: SPARES, putProfiles: ['put'], workers, mean: 100 }
  return schedule(options).take(count).toArray()
}

function kinds(timed: readonly Timed[]): ReadonlySet<Operation['kind']> {
  return new Set(timed.map(({ operation }) => operation.kind))
}

describe('the schedule of the weather', () => {
  test('follows from the seed alone', () => {
    expect(first(500, 1)).toEqual(first(500, 1))
    expect(first(500, 1)).not.toEqual(first(500, 2))
  })

  test('has everything in it, in the order of time', () => {
    const all = first(5000, 3)
    expect(kinds(all)).not.toContain('kill-worker')
    expect(kinds(first(5000, 3, true))).toContain('kill-worker')
    for (const kind of [
      'add',
      'update',
      'remove',
      'save',
      'spoil',
      'unlink',
      'put',
      'activate',
      'kill',
      'guest',
    ] as const) {
      expect(kinds(all)).toContain(kind)
    }
    const times = all.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('ends what it begins: each halt is followed by a resume, each disabled proxy is enabled', () => {
    const all = first(20_000, 4).map(({ operation }) => operation)
    const halting = all.filter(({ kind }) => kind === 'halt' || kind === 'resume').map(({ kind }) => kind)
    expect(halting.length).toBeGreaterThan(40)
    expect(halting).toEqual(halting.map((_, index) => (index % 2 === 0 ? 'halt' : 'resume')))
    for (const proxy of PROXIES) {
      const count = (kind: Operation['kind']): number =>
        all.filter((operation) => operation.kind === kind && 'proxy' in operation && operation.proxy === proxy).length
      // What was begun at the very end is ended behind it.
      expect(count('disable') - count('enable')).toBeLessThanOrEqual(2)
    }
  })

  test('expects faults to be refused while everything is halted, and only then', () => {
    let halted = false
    const wrong: Operation[] = []
    for (const { operation } of first(20_000, 4)) {
      if (operation.kind === 'halt' || operation.kind === 'resume') halted = operation.kind === 'halt'
      if (operation.kind === 'add' && operation.silenced !== halted) wrong.push(operation)
    }
    expect(wrong).toEqual([])
  })

  test('leaves calm proxies nothing but faults of time, and everybody faults that can be read', () => {
    const added = first(20_000, 5).flatMap(({ operation }) => (operation.kind === 'add' ? [operation] : []))
    for (const { proxy, fault } of added) {
      expect(() => readFault(fault.body, '', proxy.endsWith('-http') ? 'http' : 'tcp')).not.toThrow()
    }
    const calm = added.filter(({ proxy }) => proxy.startsWith(CALM))
    expect(calm.filter(({ fault }) => fault.danger !== 'late')).toEqual([])
    expect(calm.filter(({ fault: { body } }) => body['on_remove'] === 'reset' || body['existing'] === 'reset')).toEqual(
      [],
    )
    const typesOf = (proxy: string): ReadonlySet<string> =>
      new Set(added.flatMap((each) => (each.proxy === proxy ? [each.fault.type] : [])))
    expect(typesOf('calm-raw').size).toBe(12)
    expect(typesOf('rough-http').size).toBeGreaterThan(30)
    // Their own protocols break in their own ways: they get no wrong bytes.
    expect(typesOf('rough-postgres')).not.toContain('corrupt')
  })

  test('never disables or kills on calm proxies', () => {
    const disturbed = first(20_000, 6).flatMap(({ operation }) =>
      operation.kind === 'disable' || operation.kind === 'kill' ? [operation.proxy] : [],
    )
    expect(disturbed.length).toBeGreaterThan(100)
    expect(disturbed.filter((proxy) => proxy.startsWith(CALM))).toEqual([])
  })
})
