import { expect, test } from 'vitest'
import { describeFault } from '../../../src/faults/index.ts'
import { blackhole as definition } from '../../../src/faults/blackhole.ts'
import { FaultChain } from '../../support/fault-chain.ts'

const blackhole = { type: 'blackhole' }
const RESET = '(injected: blackhole)'

test('nothing comes through: no byte, no end, no reset by the peer', () => {
  const closing = new FaultChain([blackhole])
  closing.send('abc')
  closing.send('def')
  closing.end()
  closing.advanceTo(1e9)
  expect(closing.lines).toEqual([])
  expect(closing.over).toBe(false)
  expect(closing.applied('blackhole')).toBe(3)

  const resetting = new FaultChain([blackhole])
  resetting.abort('reset')
  resetting.abort('destroy', { origin: 'upstream', reason: 'reset' })
  expect(resetting.lines).toEqual([])
})

test('more bytes are welcome all the time', () => {
  const chain = new FaultChain([blackhole])
  chain.send(1000)
  expect(chain.welcomeAt).toBe(-Infinity)
})

test('what other faults or the proxy do to the connection comes through', () => {
  const chain = new FaultChain([{ type: 'limit_data', params: { bytes: 1 } }, blackhole])
  chain.send('ab')
  expect(chain.lines).toEqual(['destroy @ 0 (injected: limit_data)'])

  const drained = new FaultChain([blackhole])
  drained.abort('destroy', { origin: 'proxy', reason: 'deleted' })
  expect(drained.lines).toEqual(['destroy @ 0 (proxy: deleted)'])
})

test('bytes that came before it are delivered', () => {
  const lag = { type: 'latency', params: { latency: 100 } }
  const chain = new FaultChain([lag])
  chain.send('before')
  chain.advanceTo(50)
  chain.set(blackhole, lag)
  chain.send('after')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"before" @ 100'])
})

test.each([
  ['bytes', (chain: FaultChain) => chain.send('x')],
  ['its end', (chain: FaultChain) => chain.end()],
  ['a reset', (chain: FaultChain) => chain.abort('reset')],
])('removing it resets a connection that has lost %s', (_, lose) => {
  const chain = new FaultChain([blackhole])
  lose(chain)
  chain.advanceTo(100)
  chain.set({ ...blackhole })
  expect(chain.over).toBe(false)
  chain.set()
  expect(chain.lines).toEqual([`reset @ 100 ${RESET}`])
  expect(chain.records).toEqual(['blackhole: reset @ 100'])
})

test('removing it lets a connection that has lost nothing go on', () => {
  const chain = new FaultChain([blackhole])
  chain.advanceTo(100)
  chain.set()
  chain.send('passes')
  chain.end()
  expect(chain.lines).toEqual(['"passes" @ 100', 'end @ 100'])
})

test('it acts on both directions unless told otherwise, and Toxiproxy has no word for it', () => {
  expect(describeFault(definition)).toMatchObject({ directions: ['both', 'downstream', 'upstream'], toxic: null })
})
