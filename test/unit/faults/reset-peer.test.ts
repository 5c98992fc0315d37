import { describe, expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const resetPeer = (timeout: number | string) => ({ type: 'reset_peer', params: { timeout } })
const aged = (timeout: number) => ({ type: 'reset_peer', params: { timeout, trigger: 'connect' } })
const idle = (timeout: number) => ({ type: 'reset_peer', params: { timeout, trigger: 'idle' } })
const RESET = '(injected: reset_peer)'

test('the first bytes are swallowed and followed by a reset', () => {
  const chain = new FaultChain([resetPeer(0)])
  chain.advanceTo(10)
  chain.send('x')
  chain.advanceTo(11)
  expect(chain.lines).toEqual([`reset @ 10 ${RESET}`])
})

test('so is the close', () => {
  const chain = new FaultChain([resetPeer(100)])
  chain.end()
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
})

test('more bytes are swallowed and do not move the reset', () => {
  const chain = new FaultChain([resetPeer(100)])
  for (let at = 0; at < 100; at += 20) {
    chain.advanceTo(at)
    chain.send('x')
  }
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
  expect(chain.applied('reset_peer')).toBe(6)
})

test('an idle connection is never reset', () => {
  const chain = new FaultChain([resetPeer(100)])
  chain.advanceTo(1e9)
  expect(chain.lines).toEqual([])
})

test('it waits for the first bytes to arrive at it', () => {
  const chain = new FaultChain([{ type: 'latency', params: { latency: 1000 } }, resetPeer(10)])
  chain.send('x')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`reset @ 1010 ${RESET}`])
})

test('a reset that comes from the peer first is the only one', () => {
  const chain = new FaultChain([resetPeer(100)])
  chain.send('x')
  chain.abort('reset')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['reset @ 0 (client: reset)'])
})

describe('live changes', () => {
  test('removing it before it has swallowed anything changes nothing', () => {
    const chain = new FaultChain([resetPeer(100)])
    chain.set()
    chain.send('passes')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"passes" @ 0'])
  })

  test('removing it after it has swallowed bytes resets at once', () => {
    const chain = new FaultChain([resetPeer(1000)])
    chain.send('x')
    chain.advanceTo(100)
    chain.set()
    expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
  })

  test('removing it resets at once, also when the swallowed bytes were to wait in front for ever', () => {
    const cut = { type: 'bandwidth', params: { rate: 0 } }
    const chain = new FaultChain([cut, resetPeer(0)])
    chain.send('x')
    chain.advanceTo(100)
    chain.set(cut)
    expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
  })

  test.each([
    { to: 500, at: 500, why: 'later' },
    { to: 120, at: 120, why: 'sooner' },
    { to: 10, at: 100, why: 'no earlier than now' },
  ])('updating after the first bytes moves the reset: $why', ({ to, at }) => {
    const chain = new FaultChain([resetPeer(200)])
    chain.send('x')
    chain.advanceTo(100)
    chain.set(resetPeer(to))
    chain.send('swallowed')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`reset @ ${at} ${RESET}`])
  })

  test('a latency that comes and goes does not move the reset', () => {
    const reset = resetPeer(500)
    const chain = new FaultChain([reset])
    chain.send('x')
    chain.advanceTo(100)
    chain.set({ type: 'latency', params: { latency: 10 } }, reset)
    chain.advanceTo(200)
    chain.set(reset)
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`reset @ 500 ${RESET}`])
  })
})

describe('with trigger connect', () => {
  test('bytes pass until its time, whatever comes', () => {
    const chain = new FaultChain([aged(100)])
    chain.send('a')
    chain.advanceTo(99)
    chain.send('b')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"a" @ 0', '"b" @ 99', `reset @ 100 ${RESET}`])
    expect(chain.applied('reset_peer')).toBe(1)
    expect(chain.records).toEqual(['reset_peer: reset @ 100'])
  })

  test('the end of the stream does not call it off', () => {
    const chain = new FaultChain([aged(100)])
    chain.end()
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['end @ 0', `reset @ 100 ${RESET}`])
  })

  test('bytes that wait in front for ever do not put it off, and it comes behind them', () => {
    const reset = aged(100)
    const chain = new FaultChain([{ type: 'bandwidth', params: { rate: 0 } }, reset])
    chain.send('a')
    chain.advanceTo(150)
    expect(chain.ending).toBe(true)
    expect(chain.lines).toEqual([])
    chain.set(reset)
    expect(chain.lines).toEqual(['"a" @ 150', `reset @ 150 ${RESET}`])
  })

  test('updating counts from the same start; removing calls it off', () => {
    const moved = new FaultChain([aged(100)])
    moved.advanceTo(50)
    moved.set(aged(200))
    moved.advanceTo(5000)
    expect(moved.lines).toEqual([`reset @ 200 ${RESET}`])

    const late = new FaultChain([aged(1000)])
    late.advanceTo(500)
    late.set(aged(200))
    late.advanceTo(5000)
    expect(late.lines).toEqual([`reset @ 500 ${RESET}`])

    const removed = new FaultChain([aged(100)])
    removed.set()
    removed.advanceTo(5000)
    expect(removed.lines).toEqual([])
  })
})

describe('with trigger idle', () => {
  test('each byte passes and starts the time anew', () => {
    const chain = new FaultChain([idle(100)])
    for (const at of [50, 140, 230]) {
      chain.advanceTo(at)
      chain.send('x')
    }
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"x" @ 50', '"x" @ 140', '"x" @ 230', `reset @ 330 ${RESET}`])
  })

  test('an unused connection is idle from its opening', () => {
    const chain = new FaultChain([idle(100)])
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
  })

  test('a stream that has ended is not idle', () => {
    const chain = new FaultChain([idle(100)])
    chain.end()
    chain.set(idle(50))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['end @ 0'])
  })

  test('bytes that a delay in front holds beyond its time do not put it off', () => {
    const chain = new FaultChain([{ type: 'latency', params: { latency: 1000 } }, idle(300)])
    chain.advanceTo(100)
    chain.send('x')
    chain.advanceTo(299)
    expect(chain.lines).toEqual([])
    expect(chain.over).toBe(false)
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"x" @ 1100', `reset @ 1100 ${RESET}`])
  })

  test('updating counts from the last byte', () => {
    const chain = new FaultChain([idle(1000)])
    chain.advanceTo(100)
    chain.send('x')
    chain.advanceTo(200)
    chain.set(idle(300))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"x" @ 100', `reset @ 400 ${RESET}`])
  })

  test('a connection that the draw had spared starts anew', () => {
    const chain = new FaultChain([idle(100)])
    chain.set({ ...idle(100), selected: false })
    chain.advanceTo(1000)
    chain.set(idle(100))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`reset @ 1100 ${RESET}`])
  })
})

test('bytes swallowed for one trigger are lost for every other', () => {
  const chain = new FaultChain([resetPeer(500)])
  chain.advanceTo(100)
  chain.send('x')
  chain.set({ type: 'reset_peer', params: { timeout: 300, trigger: 'idle' } })
  chain.send('y')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`reset @ 400 ${RESET}`])
})

test.each([
  ['both', 'reset'],
  ['client', 'reset-client'],
  ['server', 'reset-server'],
])('side %s: %s', (side, how) => {
  const chain = new FaultChain([{ type: 'reset_peer', params: { side } }])
  chain.send('x')
  chain.advanceTo(1)
  expect(chain.lines).toEqual([`${how} @ 0 ${RESET}`])
  expect(chain.records).toEqual([`reset_peer: ${how} @ 0`])
})
