import { expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const slowClose = (delay: number | string) => ({ type: 'slow_close', params: { delay } })
const latency = (latency: number) => ({ type: 'latency', params: { latency } })

test('bytes pass untouched, the end comes later', () => {
  const chain = new FaultChain([slowClose(500)])
  chain.send('a')
  chain.advanceTo(10)
  chain.end()
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"a" @ 0', 'end @ 510'])
  expect(chain.applied('slow_close')).toBe(1)
})

test('the delay counts from the last byte, also when that was delayed in front', () => {
  const chain = new FaultChain([latency(1000), slowClose(500)])
  chain.send('a')
  chain.end()
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"a" @ 1000', 'end @ 1500'])
})

test('the orderly close of a fault in front is held back too', () => {
  const chain = new FaultChain([{ type: 'limit_data', params: { bytes: 1 } }, slowClose(500)])
  chain.send('ab')
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"a" @ 0', 'destroy @ 500 (injected: limit_data)'])
})

test('a reset passes at once', () => {
  const chain = new FaultChain([slowClose(500)])
  chain.abort('reset')
  expect(chain.lines).toEqual(['reset @ 0 (client: reset)'])
})

test('removing it during the wait lets the close go at once', () => {
  const chain = new FaultChain([slowClose(500)])
  chain.end()
  chain.advanceTo(100)
  chain.set()
  expect(chain.lines).toEqual(['end @ 100'])
})

test('updating it during the wait starts the new delay from zero', () => {
  const chain = new FaultChain([slowClose(500)])
  chain.end()
  chain.advanceTo(100)
  chain.set(slowClose(50))
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['end @ 150'])
})

test('a delay that goes from the front of it takes its share of the wait along', () => {
  const slow = slowClose(100)
  const chain = new FaultChain([latency(1000), slow])
  chain.advanceTo(10)
  chain.send('a')
  chain.end()
  chain.advanceTo(30)
  chain.set(slow)
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"a" @ 30', 'end @ 110'])
})

test('a change around it that holds no bytes leaves the wait as it is', () => {
  const slow = slowClose(500)
  const chain = new FaultChain([slow])
  chain.end()
  chain.advanceTo(100)
  chain.set(latency(5), slow)
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['end @ 500'])
})
