import { expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const latency = (latency: number | string, jitter: number | string = 0) => ({
  type: 'latency',
  params: { latency, jitter },
})

test('every chunk comes later by the same time, however close they are', () => {
  const chain = new FaultChain([latency(200)])
  for (let i = 0; i < 4; i++) {
    chain.advanceTo(i * 30)
    chain.send(`write ${i}`)
  }
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['"write 0" @ 200', '"write 1" @ 230', '"write 2" @ 260', '"write 3" @ 290'])
  expect(chain.applied('latency')).toBe(4)
})

test('jitter spreads both ways, and a small draw waits behind its predecessor', () => {
  const chain = new FaultChain([latency(100, 50)], () => new ManualRandom(0.999999, 0, 0.5))
  chain.send('slow')
  chain.send('fast')
  chain.send('middle')
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['"slow" @ 150', '"fast" @ 150', '"middle" @ 150'])
  chain.send('slow')
  chain.advanceTo(2000)
  chain.send('fast')
  chain.advanceTo(3000)
  expect(chain.lines.slice(3)).toEqual(['"slow" @ 1150', '"fast" @ 2050'])
})

test('jitter larger than the latency never makes a chunk early', () => {
  const chain = new FaultChain([latency(10, 100)], () => new ManualRandom(0))
  chain.advanceTo(50)
  chain.send('a')
  expect(chain.lines).toEqual(['"a" @ 50'])
  expect(chain.applied('latency')).toBe(0)
})

test('the end is not delayed by itself but stays behind the bytes', () => {
  const chain = new FaultChain([latency(100)])
  chain.end()
  expect(chain.lines).toEqual(['end @ 0'])

  const busy = new FaultChain([latency(100)])
  busy.send('a')
  busy.end()
  busy.advanceTo(1000)
  expect(busy.lines).toEqual(['"a" @ 100', 'end @ 100'])
})

test('its own hold is no reason to keep the sender waiting', () => {
  const chain = new FaultChain([latency(1000)])
  chain.send('a')
  expect(chain.welcomeAt).toBeLessThanOrEqual(0)
})

test('two latencies add up', () => {
  const chain = new FaultChain([latency(500), { ...latency(500), name: 'second' }])
  chain.send('a')
  chain.advanceTo(2000)
  expect(chain.lines).toEqual(['"a" @ 1000'])
})

test('removing it delivers what it held at once', () => {
  const chain = new FaultChain([latency(3000)])
  for (const text of ['a', 'b', 'c']) chain.send(text)
  chain.advanceTo(100)
  chain.set()
  expect(chain.lines).toEqual(['"a" @ 100', '"b" @ 100', '"c" @ 100'])
})

test('updating it counts the new delay from when the bytes came', () => {
  const chain = new FaultChain([latency(3000)])
  for (let i = 0; i < 3; i++) {
    chain.advanceTo(i * 40)
    chain.send(`${i}`)
  }
  chain.advanceTo(100)
  chain.set(latency(500))
  chain.advanceTo(2000)
  expect(chain.lines).toEqual(['"0" @ 500', '"1" @ 540', '"2" @ 580'])
})

test('a latency added to a live connection delays what comes after', () => {
  const chain = new FaultChain([])
  chain.send('before')
  chain.set(latency(10))
  chain.send('after')
  chain.advanceTo(100)
  expect(chain.lines).toEqual(['"before" @ 0', '"after" @ 10'])
})
