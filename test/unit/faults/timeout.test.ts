import { describe, expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const timeout = (timeout: number | string) => ({ type: 'timeout', params: { timeout } })
const CLOSED = '(injected: timeout)'

test('bytes are dropped, and the connection closes after the time without any', () => {
  const chain = new FaultChain([timeout(300)])
  for (let at = 0; at <= 1000; at += 100) {
    chain.advanceTo(at)
    chain.send('x')
  }
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`destroy @ 1300 ${CLOSED}`])
  expect(chain.applied('timeout')).toBe(12)
})

test('an idle connection closes as well', () => {
  const chain = new FaultChain([timeout(300)])
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`destroy @ 300 ${CLOSED}`])
})

test('0 never closes, and the close of the peer passes', () => {
  const chain = new FaultChain([timeout(0)])
  chain.send('x')
  chain.advanceTo(1e6)
  chain.end()
  chain.advanceTo(2e6)
  expect(chain.lines).toEqual(['end @ 1000000'])
})

test('after the end of the stream it does not close any more', () => {
  const chain = new FaultChain([timeout(300)])
  chain.advanceTo(100)
  chain.end()
  chain.set(timeout(200))
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['end @ 100'])
})

test('the reset of a peer passes, once', () => {
  const chain = new FaultChain([timeout(300)])
  chain.abort('reset')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['reset @ 0 (client: reset)'])
})

test('bytes that a delay in front holds beyond the deadline do not put it off', () => {
  const chain = new FaultChain([{ type: 'latency', params: { latency: 1000 } }, timeout(300)])
  chain.advanceTo(100)
  chain.send('x')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([`destroy @ 300 ${CLOSED}`])
})

describe('live changes', () => {
  test('removing it closes at once', () => {
    const chain = new FaultChain([timeout(0)])
    chain.send('x')
    chain.advanceTo(50)
    chain.set()
    expect(chain.lines).toEqual([`destroy @ 50 ${CLOSED}`])
  })

  test('removing it closes those too that the draw had spared', () => {
    const chain = new FaultChain([{ ...timeout(0), selected: false }])
    chain.send('passes')
    chain.set()
    expect(chain.lines).toEqual(['"passes" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('updating does not close; the new time starts at the update', () => {
    const chain = new FaultChain([timeout(0)])
    chain.advanceTo(1000)
    chain.set(timeout(200))
    expect(chain.over).toBe(false)
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 1200 ${CLOSED}`])
  })

  test('unselecting it lets later bytes through', () => {
    const chain = new FaultChain([timeout(100)])
    chain.send('lost')
    chain.set({ ...timeout(100), selected: false })
    chain.send('kept')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"kept" @ 0'])
  })
})
