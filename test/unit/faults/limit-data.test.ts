import { describe, expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

const limitData = (bytes: number | string) => ({ type: 'limit_data', params: { bytes } })
const ending = (bytes: number, end: string) => ({ type: 'limit_data', params: { bytes, end } })
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

test('with a reset, the bytes before it go first', () => {
  const chain = new FaultChain([ending(6, 'reset')])
  chain.send('abcd')
  chain.send('efgh')
  chain.end()
  expect(chain.lines).toEqual(['"abcd" @ 0', '"ef" @ 0', `reset @ 0 ${CLOSED}`])
  expect(chain.records).toEqual(['limit_data: reset @ 0 {"bytes":6}'])
})

describe('with a stall', () => {
  test('the rest vanishes, the end too, and the connection stays open', () => {
    const chain = new FaultChain([ending(6, 'stall')])
    chain.send('abcd')
    chain.advanceTo(5)
    chain.send('efgh')
    chain.send('ijkl')
    chain.end()
    chain.advanceTo(1e9)
    expect(chain.lines).toEqual(['"abcd" @ 0', '"ef" @ 5'])
    expect(chain.over).toBe(false)
    expect(chain.records).toEqual(['limit_data: stall @ 5 {"bytes":6}'])
    expect(chain.applied('limit_data')).toBe(3)
  })

  test('so does a reset by the peer, but not one that is injected', () => {
    const stall = ending(1, 'stall')
    const chain = new FaultChain([{ type: 'reset_peer', params: { trigger: 'connect', timeout: 100 } }, stall])
    chain.send('ab')
    chain.abort('reset')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"a" @ 0'])

    const other = new FaultChain([{ type: 'reset_peer', params: { trigger: 'connect', timeout: 100 } }, stall])
    other.send('ab')
    other.advanceTo(5000)
    expect(other.lines).toEqual(['"a" @ 0', 'reset @ 100 (injected: reset_peer)'])
  })

  test('removing it resets a connection that has lost something', () => {
    for (const lose of [(chain: FaultChain) => chain.send('x'), (chain: FaultChain) => chain.end()]) {
      const chain = new FaultChain([ending(2, 'stall')])
      chain.send('ab')
      lose(chain)
      chain.advanceTo(100)
      chain.set()
      expect(chain.lines).toEqual(['"ab" @ 0', `reset @ 100 ${CLOSED}`])
    }
  })

  test('removing it lets a connection that has lost nothing go on', () => {
    const chain = new FaultChain([ending(2, 'stall')])
    chain.send('ab')
    chain.set()
    chain.send('cd')
    chain.end()
    expect(chain.lines).toEqual(['"ab" @ 0', '"cd" @ 0', 'end @ 0'])
  })

  test('a higher limit helps those that have lost nothing', () => {
    const whole = new FaultChain([ending(2, 'stall')])
    whole.send('ab')
    whole.set(ending(4, 'stall'))
    whole.send('cdef')
    expect(whole.lines).toEqual(['"ab" @ 0', '"cd" @ 0'])

    const torn = new FaultChain([ending(2, 'stall')])
    torn.send('abc')
    torn.set(ending(100, 'stall'))
    torn.send('d')
    torn.advanceTo(1e6)
    expect(torn.lines).toEqual(['"ab" @ 0'])
  })

  test('another end acts on the next byte, also below its limit when bytes are missing', () => {
    const chain = new FaultChain([ending(2, 'stall')])
    chain.send('abc')
    chain.set(ending(100, 'close'))
    expect(chain.over).toBe(false)
    chain.send('d')
    expect(chain.lines).toEqual(['"ab" @ 0', `destroy @ 0 ${CLOSED}`])
  })
})
