import { describe, expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const limitData = (bytes: number | string) => ({ type: 'limit_data', params: { bytes } })
const CLOSED = '(injected: limit_data)'

test('it closes after so many bytes, cutting inside a chunk', () => {
  const chain = new FaultChain([limitData(6)])
  chain.send('abcd')
  chain.send('efgh')
  chain.send('ijkl')
  expect(chain.lines).toEqual(['"abcd" @ 0', '"ef" @ 0', `destroy @ 0 ${CLOSED}`])
  expect(chain.applied('limit_data')).toBe(1)
})

test('reaching the limit exactly closes too', () => {
  const chain = new FaultChain([limitData(4)])
  chain.send('abcd')
  expect(chain.lines).toEqual(['"abcd" @ 0', `destroy @ 0 ${CLOSED}`])
})

test('0 passes nothing and closes on the first bytes, not before', () => {
  const chain = new FaultChain([limitData(0)])
  chain.advanceTo(1e6)
  expect(chain.lines).toEqual([])
  chain.send('x')
  expect(chain.lines).toEqual([`destroy @ 1000000 ${CLOSED}`])
})

test('a stream that ends before the limit is not touched', () => {
  const chain = new FaultChain([limitData(10)])
  chain.send('abc')
  chain.end()
  expect(chain.lines).toEqual(['"abc" @ 0', 'end @ 0'])
  expect(chain.applied('limit_data')).toBe(0)
})

test('the last bytes are delivered before the close, also when they are delayed behind it', () => {
  const chain = new FaultChain([limitData(2), { type: 'latency', params: { latency: 100 } }])
  chain.send('abc')
  chain.send('def')
  chain.end()
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"ab" @ 100', `destroy @ 100 ${CLOSED}`])
})

describe('updates keep the count', () => {
  test('10 to 12 after 5 bytes lets 7 more pass', () => {
    const chain = new FaultChain([limitData(10)])
    chain.send('12345')
    chain.set(limitData(12))
    chain.send('1234567890')
    expect(chain.lines).toEqual(['"12345" @ 0', '"1234567" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('going below what has passed closes on the next bytes', () => {
    const chain = new FaultChain([limitData(10)])
    chain.send('12345')
    chain.set(limitData(3))
    expect(chain.over).toBe(false)
    chain.send('6')
    expect(chain.lines).toEqual(['"12345" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('a draw that spares the connection in between does not forget it', () => {
    const chain = new FaultChain([limitData(10)])
    chain.send('12345')
    chain.set({ ...limitData(10), selected: false })
    chain.send('not counted')
    chain.set(limitData(10))
    chain.send('123456')
    expect(chain.lines).toEqual(['"12345" @ 0', '"not counted" @ 0', '"12345" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('a close that is under way stays under way', () => {
    const lag = { type: 'latency', params: { latency: 100 } }
    const chain = new FaultChain([limitData(2), lag])
    chain.send('abc')
    chain.set(limitData(100), lag)
    chain.send('def')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"ab" @ 100', `destroy @ 100 ${CLOSED}`])
  })
})
