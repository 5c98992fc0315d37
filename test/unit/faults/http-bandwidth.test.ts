import { expect, test } from 'vitest'
import { FaultChain, SharedObjects } from '../../support/fault-chain.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const slow = (params: Readonly<Record<string, unknown>>) => ({ type: 'http_bandwidth', params })

test('a body crosses in its time, in pieces, and its end follows', () => {
  const chain = new FaultChain([slow({ rate: 1000 })])
  chain.send(250)
  chain.end()
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '50 bytes @ 250', 'end @ 250'])
  expect(chain.output.equals(chain.input)).toBe(true)
})

test('heads have no part in it', () => {
  const fault = new HttpFault('http_bandwidth', { rate: 1 })
  expect([fault.request(), fault.response()]).toEqual([undefined, undefined])
})

const lastOf = (scope: string) => {
  const clock = new ManualClock()
  const shared = new SharedObjects()
  const fault = slow({ rate: 1000, burst: 500, scope })
  const chains = [1, 2].map(() => new FaultChain([fault], { clock, shared }))
  for (const chain of chains) chain.send(1000)
  clock.advanceTo(1e6)
  return chains.map((chain) => chain.delivered.at(-1)?.at)
}

test('each body has the whole rate and the whole burst for itself, unless all share one', () => {
  expect(lastOf('exchange')).toEqual([500, 500])
  const [first = 0, second = 0] = lastOf('proxy')
  expect(first).toBeCloseTo(500, 6)
  expect(second).toBeCloseTo(1500, 6)
})

test('a rate of 0 lets nothing through until the fault goes', () => {
  const chain = new FaultChain([slow({ rate: 0 })])
  chain.send('abc')
  chain.advanceTo(1e6)
  expect(chain.lines).toEqual([])
  chain.set()
  expect(chain.lines).toEqual(['"abc" @ 1000000'])
})

test('a new rate counts since the bytes began to cross', () => {
  const chain = new FaultChain([slow({ rate: 100 })])
  chain.send(100)
  chain.advanceTo(500)
  expect(chain.output).toHaveLength(50)
  chain.set(slow({ rate: 1000 }))
  chain.advanceTo(5000)
  expect(chain.delivered.at(-1)?.at).toBeCloseTo(550, 6)
})

test.each([
  [{}, 'rate is missing: expected bytes per second or a rate'],
  [{ rate: -1 }, 'rate: expected bytes per second or a rate'],
  [{ rate: 5, burst: 'much' }, 'burst: expected bytes or a size'],
  [{ rate: 5, scope: 'session' }, 'scope: expected exchange or proxy, got "session"'],
])('%j is refused', (params, message) => {
  expect(refusalOf('http_bandwidth', params)).toContain(message)
})
