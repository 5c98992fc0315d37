import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { checkedBytes, readChecked, StreamChecker, StreamError, writeChecked } from '../../support/checked-stream.ts'

const SEED = 42

function checkerAfter(...parts: readonly Buffer[]): StreamChecker {
  const checker = new StreamChecker(SEED)
  for (const part of parts) checker.feed(part)
  return checker
}

describe('checkedBytes', () => {
  test('a part is the same whether it is made alone or cut out of the whole', () => {
    const whole = checkedBytes(SEED, 0, 1000)
    for (const [from, length] of [
      [0, 1000],
      [1, 7],
      [2, 2],
      [3, 500],
      [996, 4],
      [999, 1],
      [10, 0],
    ] as const) {
      expect(checkedBytes(SEED, from, length)).toEqual(whole.subarray(from, from + length))
    }
  })

  test('seeds differ', () => {
    expect(checkedBytes(1, 0, 64)).not.toEqual(checkedBytes(2, 0, 64))
  })
})

describe('StreamChecker', () => {
  const whole = checkedBytes(SEED, 0, 300_000)

  test('accepts the stream in pieces of any size', () => {
    const checker = checkerAfter(whole.subarray(0, 1), whole.subarray(1, 70_000), whole.subarray(70_000))
    expect(checker.error).toBeUndefined()
    expect(checker.position).toBe(300_000)
    expect(checker.finish(300_000)).toBeUndefined()
  })

  test.each([
    ['lost', [whole.subarray(0, 5000), whole.subarray(5003)]],
    ['duplicated', [whole.subarray(0, 5000), whole.subarray(4000, 6000)]],
    ['lost', [whole.subarray(0, 5000), whole.subarray(7000, 9000), whole.subarray(5000, 7000)]],
    ['corrupt', [whole.subarray(0, 5000), Buffer.alloc(100, 1)]],
  ] as const)('reports %s bytes and where', (fault, parts) => {
    const checker = checkerAfter(...parts)
    expect(checker.error).toMatchObject({ fault, position: 5000 })
    expect(checker.position).toBe(5000)
  })

  test('finds one flipped bit deep in a large buffer', () => {
    const copy = Buffer.from(whole)
    copy[200_001] = copy[200_001]! ^ 1
    expect(checkerAfter(copy).error?.position).toBe(200_001)
  })

  test('reports a stream that is too short or too long', () => {
    expect(checkerAfter(whole.subarray(0, 10)).finish(11)).toMatchObject({ fault: 'short', position: 10 })
    expect(checkerAfter(whole.subarray(0, 10)).finish(9)).toMatchObject({ fault: 'long', position: 10 })
  })

  test('keeps the first error', () => {
    const checker = checkerAfter(Buffer.alloc(10, 1), Buffer.alloc(10, 2))
    expect(checker.error).toMatchObject({ fault: 'corrupt', position: 0 })
  })
})

describe('writeChecked and readChecked', () => {
  test('what one writes the other accepts, through back-pressure and odd pieces', async () => {
    const stream = new PassThrough({ highWaterMark: 1000 })
    const read = readChecked(stream, SEED, 100_000)
    expect(await writeChecked(stream, SEED, 100_000, { pieceSize: () => 777 })).toBe(100_000)
    stream.end()
    await read
  })

  test('an early end is an error of the reader', async () => {
    const stream = new PassThrough()
    const read = readChecked(stream, SEED, 2000)
    await writeChecked(stream, SEED, 1000)
    stream.end()
    await expect(read).rejects.toThrow(StreamError)
  })

  test('a signal ends the writing early and says how far it came', async () => {
    const stop = new AbortController()
    const stream = new PassThrough({ highWaterMark: 1 << 30 })
    let pieces = 0
    const pieceSize = (): number => {
      if (++pieces === 3) stop.abort()
      return 100
    }
    expect(await writeChecked(stream, SEED, 1000, { pieceSize, signal: stop.signal })).toBe(300)
  })

  test('a destination that closes ends the writing with an error', async () => {
    const stream = new PassThrough({ highWaterMark: 1 })
    const written = writeChecked(stream, SEED, 1000, { pieceSize: () => 10 })
    stream.destroy()
    await expect(written).rejects.toThrow('closed after')
  })
})
