import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const lifetime = (params: Readonly<Record<string, unknown>>) => ({ type: 'lifetime', params })
const BY = '(injected: lifetime)'

test.each([
  ['close', 'destroy'],
  ['reset', 'reset'],
])('%s after the time, whatever passes', (how, word) => {
  const chain = new FaultChain([lifetime({ after: 300, how })])
  for (const at of [0, 100, 299]) {
    chain.advanceTo(at)
    chain.send(`at ${at}`)
  }
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"at 0" @ 0', '"at 100" @ 100', '"at 299" @ 299', `${word} @ 300 ${BY}`])
  expect(chain.records).toEqual([`lifetime: ${how} @ 300`])
  expect(chain.applied('lifetime')).toBe(1)
})

test('an idle session and a half closed one end as well', () => {
  const idle = new FaultChain([lifetime({ after: 300 })])
  idle.advanceTo(5000)
  expect(idle.lines).toEqual([`destroy @ 300 ${BY}`])
  const half = new FaultChain([lifetime({ after: 300 })])
  half.end()
  half.advanceTo(5000)
  expect(half.lines).toEqual(['end @ 0', `destroy @ 300 ${BY}`])
})

test('what is held for the client comes first', () => {
  const chain = new FaultChain([lifetime({ after: 300 }), { type: 'latency', params: { latency: 1000 } }])
  chain.advanceTo(200)
  chain.send('x')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"x" @ 1200', `destroy @ 1200 ${BY}`])
})

test('one direction ends the session', () => {
  const clock = new ManualClock()
  const shared = new SharedObjects()
  const fault = lifetime({ after: 300, how: 'reset' })
  const up = new FaultChain([fault], { clock, shared, direction: 'upstream' })
  const down = new FaultChain([fault], { clock, shared, direction: 'downstream' })
  clock.advanceTo(5000)
  expect(up.lines).toEqual([])
  expect(down.lines).toEqual([`reset @ 300 ${BY}`])
})

test('a session that its peers end first is left alone', () => {
  const chain = new FaultChain([lifetime({ after: 300 })])
  chain.advanceTo(100)
  chain.abort('reset')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['reset @ 100 (client: reset)'])
  expect(chain.records).toEqual([])
})

describe('jitter', () => {
  test.each([
    [0, 200],
    [0.5, 300],
    [0.75, 350],
  ])('a draw of %d ends it after %d ms', (draw, at) => {
    const randomOf = () => new ManualRandom(draw)
    const chain = new FaultChain([lifetime({ after: 300, jitter: 100 })], { randomOf })
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ ${at} ${BY}`])
  })

  test('is uniform over the whole range, and never ends a session before it began', () => {
    const ends = Array.from({ length: 500 }, (_, seed) => {
      const randomOf = () => randomFor(seed)
      const chain = new FaultChain([lifetime({ after: 100, jitter: 200 })], { randomOf })
      chain.advanceTo(5000)
      return Number(/@ (\S+)/.exec(chain.lines[0] ?? '')?.[1])
    })
    // From -100 to 300, where a quarter falls on 0: four deviations of a share of 500 are 0.08.
    const share = (least: number, most: number) => ends.filter((at) => at >= least && at <= most).length / 500
    expect(Math.abs(share(0, 0) - 0.25)).toBeLessThan(0.08)
    expect(Math.abs(share(0.001, 150) - 0.375)).toBeLessThan(0.09)
    expect(share(0, 300)).toBe(1)
  })
})

describe('live changes', () => {
  test('on an old session the time begins when the fault is added', () => {
    const chain = new FaultChain()
    chain.advanceTo(1000)
    chain.set(lifetime({ after: 300 }))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 1300 ${BY}`])
  })

  test.each([
    { to: 500, at: 500, why: 'later' },
    { to: 250, at: 250, why: 'sooner' },
    { to: 10, at: 200, why: 'not before now' },
  ])('an update counts from the same beginning: $why', ({ to, at }) => {
    const chain = new FaultChain([lifetime({ after: 300 })])
    chain.advanceTo(200)
    chain.set(lifetime({ after: to }))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ ${at} ${BY}`])
  })

  test('an update keeps the draw', () => {
    const chain = new FaultChain([lifetime({ after: 300, jitter: 100 })], { randomOf: () => new ManualRandom(0.75, 0) })
    chain.advanceTo(100)
    chain.set(lifetime({ after: 400, jitter: 200 }))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 500 ${BY}`])
  })

  test('spared and selected again, the session keeps its count', () => {
    const fault = lifetime({ after: 300 })
    const chain = new FaultChain([fault])
    chain.advanceTo(100)
    chain.set({ ...fault, selected: false })
    chain.advanceTo(200)
    chain.set({ ...fault })
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 300 ${BY}`])
  })

  test('removing it lets the session live', () => {
    const chain = new FaultChain([lifetime({ after: 300 })])
    chain.advanceTo(200)
    chain.set()
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([])
  })
})
