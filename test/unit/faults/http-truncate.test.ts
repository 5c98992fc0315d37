import { describe, expect, test } from 'vitest'
import { describeFault, parseParams } from '../../../src/faults/index.ts'
import { httpTruncate as definition } from '../../../src/faults/http-truncate.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { responseOf } from '../../support/http-body.ts'
import { HttpFault, refusalOf } from '../../support/http-fault.ts'

const cut = (at: unknown, how = 'close') => ({ type: 'http_truncate', params: { at, how } })
const CLOSED = '(injected: http_truncate)'

function bodyWith(at: unknown, length?: number, how = 'close'): FaultChain {
  return new FaultChain([cut(at, how)], { message: responseOf(length) })
}

describe('a body', () => {
  test('is cut as soon as so many bytes have passed, inside a chunk and without waiting for more', () => {
    const chain = bodyWith(6, 100)
    chain.send('abcd')
    chain.send('efgh')
    chain.send('ijkl')
    expect(chain.lines).toEqual(['"abcd" @ 0', '"ef" @ 0', `destroy @ 0 ${CLOSED}`])
    expect(chain.records).toEqual(['http_truncate: close @ 0 {"bytes":6}'])

    const exact = bodyWith(4, 100)
    exact.send('abcd')
    expect(exact.lines).toEqual(['"abcd" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test.each([0, 'head', '0%'])('is cut behind the head although no byte of it ever comes: %s', (at) => {
    const chain = bodyWith(at, 100)
    chain.advanceTo(50)
    expect(chain.lines).toEqual([`destroy @ 0 ${CLOSED}`])
    expect(chain.applied('http_truncate')).toBe(1)
  })

  test('that comes at the same moment as its head is cut behind the head all the same', () => {
    for (const act of [(chain: FaultChain) => chain.send('abc'), (chain: FaultChain) => chain.end()]) {
      const chain = bodyWith('head')
      act(chain)
      chain.advanceTo(50)
      expect(chain.lines).toEqual([`destroy @ 0 ${CLOSED}`])
      expect(chain.records).toHaveLength(1)
    }
  })

  test('ends the client alone by a reset, behind the bytes', () => {
    const chain = bodyWith(2, 100, 'reset')
    chain.send('abc')
    expect(chain.lines).toEqual(['"ab" @ 0', `reset-client @ 0 ${CLOSED}`])
    expect(chain.records).toEqual(['http_truncate: reset-client @ 0 {"bytes":2}'])
  })

  test('that is delayed is delivered up to the cut before the connection ends', () => {
    const chain = new FaultChain([cut(2), { type: 'latency', params: { latency: 100 } }], { message: responseOf(9) })
    chain.send('abc')
    chain.send('def')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"ab" @ 100', `destroy @ 100 ${CLOSED}`])
  })
})

describe('a share', () => {
  test.each([
    ['50%', 10, 5],
    ['33.3%', 10, 3],
    ['99.9%', 10, 9],
    ['50%', 1, 0],
  ])('%s of %i bytes is %i', (at, length, passed) => {
    const chain = bodyWith(at, length)
    chain.send('0123456789'.slice(0, length))
    chain.advanceTo(1)
    expect(chain.output.toString()).toBe('0123456789'.slice(0, passed))
    expect(chain.lines.at(-1)).toBe(`destroy @ 0 ${CLOSED}`)
  })

  test('of an unknown length is taken of the first piece that comes', () => {
    const chain = bodyWith('50%')
    chain.advanceTo(10)
    expect(chain.lines).toEqual([])
    chain.send('abcd')
    chain.send('efgh')
    expect(chain.lines).toEqual(['"ab" @ 10', `destroy @ 10 ${CLOSED}`])
  })

  test('of a body of unknown length that is empty is cut where its end would be', () => {
    const chain = bodyWith('50%')
    chain.end()
    expect(chain.lines).toEqual([`destroy @ 0 ${CLOSED}`])
  })
})

describe('not touched', () => {
  test.each([
    [10, 10],
    [11, 10],
    ['100%', 10],
    ['1KiB', 10],
  ])('is a body of which nothing would be missing: at %s of %i bytes', (at, length) => {
    const chain = bodyWith(at, length)
    chain.send('0123456789')
    chain.end()
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['"0123456789" @ 0', 'end @ 0'])
    expect(chain.applied('http_truncate')).toBe(0)
  })

  test('is a body of unknown length that is over before; one that is over right there lacks its end', () => {
    const short = bodyWith(10)
    short.send('abc')
    short.end()
    expect(short.lines).toEqual(['"abc" @ 0', 'end @ 0'])
    const exact = bodyWith(3)
    exact.send('abc')
    exact.end()
    expect(exact.lines).toEqual(['"abc" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('is an empty body of known length', () => {
    const chain = bodyWith('head', 0)
    chain.advanceTo(10)
    chain.end()
    expect(chain.lines).toEqual(['end @ 10'])
  })

  test('are heads', () => {
    const fault = new HttpFault('http_truncate', { at: 'head' })
    expect([fault.request(), fault.response()]).toEqual([undefined, undefined])
  })
})

describe('live changes', () => {
  test('an update counts from the beginning of the body', () => {
    const chain = bodyWith(10, 100)
    chain.send('12345')
    chain.set(cut(7))
    chain.send('67890')
    expect(chain.lines).toEqual(['"12345" @ 0', '"67" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('a place that has been passed cuts at once', () => {
    const chain = bodyWith(10, 100)
    chain.send('12345')
    chain.set(cut('1%'))
    chain.advanceTo(1)
    expect(chain.lines).toEqual(['"12345" @ 0', `destroy @ 0 ${CLOSED}`])
  })

  test('removing it lets the rest pass', () => {
    const chain = bodyWith(10, 100)
    chain.send('12345')
    chain.set()
    chain.send('6789012345')
    expect(chain.lines).toEqual(['"12345" @ 0', '"6789012345" @ 0'])
  })

  test('once it has cut, it does not again', () => {
    const after = { type: 'latency', params: { latency: 100 } }
    const chain = new FaultChain([cut(2), after], { message: responseOf(100) })
    chain.send('abc')
    chain.set(cut(1), after)
    chain.send('def')
    chain.advanceTo(1000)
    expect(chain.lines.filter((line) => line.startsWith('destroy'))).toHaveLength(1)
    expect(chain.records).toHaveLength(1)
  })
})

test('it is for responses alone, and everything it does can hang on their status', () => {
  expect(describeFault(definition)).toMatchObject({ directions: ['downstream'], per: ['exchange', 'session'] })
  expect(definition).not.toHaveProperty('request')
})

const at = (given: unknown) => parseParams('http_truncate', { at: given })['at']

test('places come out in bytes or as the share that they were', () => {
  expect([0, 1.6, '4KiB', '30%', ' 12.5% ', 'head'].map(at)).toEqual([0, 2, 4096, '30%', '12.5%', 'head'])
})

test.each([
  [{}, 'at is missing: expected `head`, bytes, a size such as "64KiB", or a share of the body such as "30%"'],
  [{ at: -1 }, 'at: expected `head`, bytes'],
  [{ at: '101%' }, 'at: expected `head`, bytes'],
  [{ at: '-5%' }, 'at: expected `head`, bytes'],
  [{ at: 'tail' }, 'at: expected `head`, bytes'],
  [{ at: '5 apples' }, 'at: expected `head`, bytes'],
  [{ at: 1e31 }, 'at: expected `head`, bytes'],
  [{ at: 1, how: 'fin' }, 'how: expected close or reset, got "fin"'],
])('%j is refused', (params, message) => {
  expect(refusalOf('http_truncate', params)).toContain(message)
})

const warned = (at: unknown) => definition.warnings?.(definition.params.parse({ at }))

test('100% is warned about', () => {
  expect(warned('100%')).toHaveLength(1)
  expect(warned('99%')).toEqual([])
})
