import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReleaseQueue, type Held } from '../../../src/engine/release-queue.ts'

const ENDING = { origin: 'injected', reason: 'slow' } as const

function lines(first: Held | undefined): string[] {
  const all: string[] = []
  for (let held = first; held !== undefined; held = held.following) {
    all.push(`${held.kind === 'chunk' ? held.bytes.toString() : held.kind} @ ${held.at} (${held.arrival})`)
  }
  return all
}

function queueOf(...chunks: readonly (readonly [text: string, at: number])[]): ReleaseQueue {
  const queue = new ReleaseQueue()
  for (const [text, at] of chunks) queue.chunk(Buffer.from(text), at)
  return queue
}

test('what comes in goes out in order; a stamp that goes back waits behind its predecessor', () => {
  const queue = queueOf(['a', 10], ['b', 30], ['c', 20], ['d', 40])
  queue.end(5)
  expect(lines(queue.head)).toEqual(['a @ 10 (0)', 'b @ 30 (0)', 'c @ 30 (0)', 'd @ 40 (0)', 'end @ 40 (0)'])
})

test('stamps count from what still waits, not from what has gone', () => {
  const queue = queueOf(['a', 30])
  queue.shift()
  queue.chunk(Buffer.from('b'), 20)
  expect(lines(queue.head)).toEqual(['b @ 20 (0)'])
})

test('it takes bytes at any time', () => {
  expect(new ReleaseQueue().chunk(Buffer.from('a'), 99)).toBe(-Infinity)
})

test('each thing keeps the arrival that it came in with', () => {
  const queue = new ReleaseQueue()
  queue.arrival = 3
  queue.chunk(Buffer.from('a'), 10)
  queue.arrival = 7
  queue.end(12)
  expect(lines(queue.head)).toEqual(['a @ 10 (3)', 'end @ 12 (7)'])
})

describe('after an end', () => {
  test('bytes and a second end are dropped', () => {
    const queue = queueOf(['a', 1])
    queue.end(2)
    queue.chunk(Buffer.from('late'), 3)
    queue.end(4)
    expect(lines(queue.head)).toEqual(['a @ 1 (0)', 'end @ 2 (0)'])
    expect(queue.bytes).toBe(1)
  })

  test('an abort is taken: a session can be ended while its last bytes wait', () => {
    const queue = new ReleaseQueue()
    queue.end(10)
    queue.abort(5, 'destroy', ENDING)
    expect(lines(queue.head)).toEqual(['end @ 10 (0)', 'abort @ 10 (0)'])
  })
})

describe('after an abort', () => {
  test('bytes and an end are dropped', () => {
    const queue = new ReleaseQueue()
    queue.abort(10, 'reset', ENDING)
    queue.chunk(Buffer.from('late'), 11)
    queue.end(11)
    expect(lines(queue.head)).toEqual(['abort @ 10 (0)'])
  })

  test('another abort is taken: an earlier reset beats a later close', () => {
    const queue = queueOf(['a', 50])
    queue.abort(10, 'destroy', ENDING)
    expect(queue.resetAt).toBe(Infinity)
    queue.abort(10, 'reset', ENDING)
    expect(queue.resetAt).toBe(50)
    expect(lines(queue.head)).toEqual(['a @ 50 (0)', 'abort @ 50 (0)', 'abort @ 50 (0)'])
  })
})

describe('takeAll', () => {
  test('empties the queue and answers what was in it', () => {
    const queue = queueOf(['a', 10], ['b', 20])
    queue.abort(30, 'reset', ENDING)
    expect(lines(queue.takeAll())).toEqual(['a @ 10 (0)', 'b @ 20 (0)', 'abort @ 30 (0)'])
    expect(queue).toMatchObject({ empty: true, bytes: 0, cost: 0, resetAt: Infinity, head: undefined })
    expect(queue.takeAll()).toBeUndefined()
  })

  test('an end that waited may come again, and before it bytes', () => {
    const queue = queueOf(['a', 10])
    queue.end(10)
    queue.takeAll()
    queue.chunk(Buffer.from('a'), 5)
    queue.end(5)
    expect(lines(queue.head)).toEqual(['a @ 5 (0)', 'end @ 5 (0)'])
  })

  test('an end that was released stays the end', () => {
    const queue = new ReleaseQueue()
    queue.end(1)
    queue.shift()
    queue.takeAll()
    queue.chunk(Buffer.from('late'), 2)
    expect(queue.empty).toBe(true)
  })

  test('stamps start anew', () => {
    const queue = queueOf(['a', 100])
    queue.takeAll()
    queue.chunk(Buffer.from('a'), 1)
    expect(lines(queue.head)).toEqual(['a @ 1 (0)'])
  })
})

/** Single bytes cost 200 times as much memory as they count as bytes: a budget of payload alone let a slicer exhaust the heap. */
test('what many small chunks cost is more than their bytes', () => {
  const queue = new ReleaseQueue()
  for (let i = 0; i < 1000; i++) queue.chunk(Buffer.from('x'), i)
  expect(queue.bytes).toBe(1000)
  expect(queue.cost).toBeGreaterThan(100_000)
  while (!queue.empty) queue.shift()
  expect(queue).toMatchObject({ bytes: 0, cost: 0 })
})

test('bytes, order and rising stamps hold for any sequence of calls', () => {
  const call = fc.oneof(
    fc.record({
      kind: fc.constant('chunk' as const),
      size: fc.integer({ min: 1, max: 9 }),
      at: fc.double({ noNaN: true }),
    }),
    fc.record({ kind: fc.constant('shift' as const) }),
  )
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const queue = new ReleaseQueue()
      const model: Buffer[] = []
      for (const one of calls) {
        if (one.kind === 'shift') {
          queue.shift()
          model.shift()
        } else {
          const bytes = Buffer.alloc(one.size)
          queue.chunk(bytes, one.at)
          model.push(bytes)
        }
        expect(queue.head?.kind === 'chunk' ? queue.head.bytes : undefined).toBe(model[0])
        expect(queue.bytes).toBe(model.reduce((sum, bytes) => sum + bytes.length, 0))
      }
      let before = -Infinity
      for (let held = queue.head; held !== undefined; held = held.following) {
        expect(held.at).toBeGreaterThanOrEqual(before)
        before = held.at
      }
    }),
  )
})

test('a stamp that is no time counts as due when it came, and nothing behind it is lost', () => {
  const queue = new ReleaseQueue()
  queue.arrival = 100
  queue.chunk(Buffer.from('a'), 150)
  queue.chunk(Buffer.from('b'), NaN)
  queue.chunk(Buffer.from('c'), 160)
  const stamps: number[] = []
  for (let held = queue.head; held !== undefined; held = held.following) stamps.push(held.at)
  expect(stamps).toEqual([150, 150, 160])
})
