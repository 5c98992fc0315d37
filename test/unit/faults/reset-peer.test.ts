import { describe, expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const resetPeer = (timeout: number | string) => ({ type: 'reset_peer', params: { timeout } })
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
