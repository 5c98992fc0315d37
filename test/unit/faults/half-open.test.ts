import { describe, expect, test } from 'vitest'
import { parseParams } from '../../../src/faults/index.ts'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const halfOpen = (params: Readonly<Record<string, unknown>> = {}) => ({ type: 'half_open', params })
const LOST = '(injected: half_open)'

/** Both directions of one session. */
function session(params: Readonly<Record<string, unknown>>) {
  const meeting = { clock: new ManualClock(), shared: new SharedObjects() }
  const fault = halfOpen(params)
  const up = new FaultChain([fault], { ...meeting, direction: 'upstream' })
  const down = new FaultChain([fault], { ...meeting, direction: 'downstream' })
  return { up, down, clock: meeting.clock }
}

test('unless told otherwise, the server vanishes at once', () => {
  expect(parseParams('half_open', {})).toEqual({ side: 'server', after: 0, trigger: 'open' })
  const { up, down, clock } = session({})
  clock.advanceTo(1)
  expect(down.lines).toEqual([`lose-server @ 0 ${LOST}`])
  expect(up.lines).toEqual([])
})

test.each([
  ['server', 'down', 'up'],
  ['client', 'up', 'down'],
] as const)('the %s vanishes once, behind what it has sent', (side, acting, other) => {
  const both = session({ side, after: 100 })
  both.up.send('to server')
  both.clock.advanceTo(90)
  both.down.send('to client')
  both.clock.advanceTo(5000)
  expect(both[acting].lines.at(-1)).toBe(`lose-${side} @ 100 ${LOST}`)
  expect([...both.up.lines, ...both.down.lines].filter((line) => line.includes('lose'))).toHaveLength(1)
  expect(both[acting].applied('half_open') + both[other].applied('half_open')).toBe(1)
  expect(both[acting].records).toEqual([`half_open: lose-${side} @ 100`])
  expect(both.up.lines[0]).toBe('"to server" @ 0')
  expect(both.down.lines[0]).toBe('"to client" @ 90')
})

test('what a slow line still holds of it comes first, and nothing after', () => {
  const lag = { type: 'latency', params: { latency: 200 } }
  const chain = new FaultChain([halfOpen({ after: 100 }), lag])
  chain.send('first')
  chain.advanceTo(150)
  chain.send('gone')
  chain.end()
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"first" @ 200', `lose-server @ 200 ${LOST}`])
  expect(chain.applied('half_open')).toBe(3)
})

describe('with trigger first-data', () => {
  test.each(['up', 'down'] as const)('the first byte starts the time: %s', (first) => {
    const both = session({ trigger: 'first-data', after: 50 })
    both.clock.advanceTo(1000)
    both[first].send('x')
    both.clock.advanceTo(1020)
    both.up.send('y')
    both.down.send('z')
    both.clock.advanceTo(9000)
    expect(both[first].lines.at(-1)).toBe(`lose-server @ 1050 ${LOST}`)
    expect([...both.up.lines, ...both.down.lines].filter((line) => line.includes('lose'))).toHaveLength(1)
  })

  test('a connection that is never used stays whole', () => {
    const { up, down, clock } = session({ trigger: 'first-data' })
    up.end()
    clock.advanceTo(1e6)
    expect([up.lines, down.lines]).toEqual([['end @ 0'], []])
  })

  test('bytes that wait in front for ever are no first bytes', () => {
    const chain = new FaultChain([{ type: 'bandwidth', params: { rate: 0 } }, halfOpen({ trigger: 'first-data' })])
    chain.send('x')
    chain.advanceTo(1e6)
    expect(chain.lines).toEqual([])
  })
})

describe('live changes', () => {
  test('updating counts from the same start, not before now', () => {
    const later = new FaultChain([halfOpen({ after: 100 })])
    later.advanceTo(50)
    later.set(halfOpen({ after: 300 }))
    later.advanceTo(5000)
    expect(later.lines).toEqual([`lose-server @ 300 ${LOST}`])

    const sooner = new FaultChain([halfOpen({ after: 1000, trigger: 'first-data' })])
    sooner.advanceTo(10)
    sooner.send('x')
    sooner.advanceTo(500)
    sooner.set(halfOpen({ after: 100, trigger: 'first-data' }))
    sooner.advanceTo(5000)
    expect(sooner.lines).toEqual(['"x" @ 10', `lose-server @ 500 ${LOST}`])
  })

  test('a new trigger does not make a peer vanish twice', () => {
    const both = session({ trigger: 'first-data', after: 100 })
    both.up.send('x')
    const open = halfOpen({ after: 100 })
    both.up.set(open)
    both.down.set(open)
    both.clock.advanceTo(5000)
    expect(both.up.lines).toEqual(['"x" @ 0'])
    expect(both.down.lines).toEqual([`lose-server @ 100 ${LOST}`])
  })

  test('removing it before the loss calls it off', () => {
    const chain = new FaultChain([halfOpen({ after: 100 })])
    chain.advanceTo(50)
    chain.set()
    chain.send('passes')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"passes" @ 50'])
  })
})
