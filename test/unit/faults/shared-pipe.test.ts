import { expect, test } from 'vitest'
import { Lane, SharedPipe } from '../../../src/faults/shared-pipe.ts'

/** Two lanes of a pipe that carries a byte per millisecond, opened at 0. */
function pipeOfTwo(saved = 0) {
  const pipe = new SharedPipe()
  pipe.open(1000, saved, 0)
  return { pipe, a: new Lane(pipe), b: new Lane(pipe) }
}

test('one piece at a time, first come, first served', () => {
  const { a, b } = pipeOfTwo()
  a.take(10, 0, 10)
  b.take(10, 0, 10)
  a.take(10, 5, 10)
  expect([b.freeAt, a.freeAt]).toEqual([20, 30])
  b.take(10, 100, 10)
  expect(b.freeAt).toBe(110)
  expect(b.begins(105)).toBe(110)
  expect(a.welcomeAt(-Infinity)).toBe(10)
})

test('what is given back can be taken by the same lane again, at the same time, although others are behind it', () => {
  const { a, b } = pipeOfTwo()
  a.take(10, 0, 10)
  a.take(10, 0, 10)
  b.take(10, 0, 10)
  a.takeBack(20)
  expect(a.begins(0)).toBe(0)
  a.take(10, 0, 10)
  a.take(10, 0, 10)
  expect([a.freeAt, b.freeAt]).toEqual([20, 30])
})

test('a piece given back in part ends where the rest of its bytes ended', () => {
  const { a, b } = pipeOfTwo()
  a.take(100, 50, 100)
  b.take(10, 50, 10)
  a.takeBack(25)
  expect(a.freeAt).toBe(125)
  b.take(10, 50, 10)
  expect(b.freeAt).toBe(170)
})

test('time that was given back and not taken again is for whoever comes next, in parts if need be', () => {
  const { a, b, pipe } = pipeOfTwo()
  a.take(10, 0, 10)
  b.take(10, 0, 10)
  a.takeBack(10)
  const c = new Lane(pipe)
  c.take(15, 0, 15)
  expect(c.freeAt).toBe(25)
  c.takeBack(5)
  expect(c.freeAt).toBe(10)
})

test('giving back more than there was goes back to the beginning', () => {
  const { a } = pipeOfTwo()
  a.take(10, 0, 10)
  a.takeBack(1000)
  expect(a.begins(-100)).toBe(0)
})

test('a new pipe has saved up what it can', () => {
  const { a, b } = pipeOfTwo(50)
  a.take(20, -50, 20)
  b.take(40, -50, 40)
  expect([a.freeAt, b.freeAt]).toEqual([-30, 10])
})

test('at a new rate all keep their order, and who is gone takes its time at the new rate', () => {
  const { a, b, pipe } = pipeOfTwo()
  const gone = new Lane(pipe)
  a.take(100, 0, 100)
  gone.take(100, 0, 100)
  b.take(100, 0, 100)
  // b is the first to be told.
  b.takeBack(100)
  pipe.open(2000, 0, 50)
  b.take(100, 0, 50)
  a.takeBack(100)
  pipe.open(2000, 0, 50)
  a.take(100, 0, 50)
  expect([a.freeAt, b.freeAt]).toEqual([50, 150])
})

test('bytes on a cut pipe take none of its time, and a mended one begins anew', () => {
  const { a, b, pipe } = pipeOfTwo()
  new Lane(pipe).take(1000, 0, 1000)
  a.take(10, 0, 10)
  a.takeBack(10)
  pipe.open(0, 0, 40)
  a.take(10, 0, Infinity)
  b.take(10, 0, Infinity)
  expect([a.freeAt, b.begins(0)]).toEqual([Infinity, Infinity])
  b.takeBack(10)
  pipe.open(1000, 0, 200)
  b.take(10, 0, 10)
  a.takeBack(10)
  a.take(10, 0, 10)
  expect([b.freeAt, a.freeAt]).toEqual([210, 220])
})

test('the memory of what has crossed stays small, and what was forgotten is not given out a second time', () => {
  const { a, b } = pipeOfTwo()
  // Every second millisecond is free.
  for (let at = 0; at < 20_000; at += 2) a.take(1, at, 1)
  a.takeBack(20_000)
  const first = b.begins(0)
  expect(first).toBeGreaterThan(10_000)
  b.take(1, 0, 1)
  expect(b.freeAt).toBe(first + 1)
})

test('a new rate leaves pieces of a read alone that have crossed, and lays out the one under way from its beginning', () => {
  const pipe = new SharedPipe()
  pipe.open(100, 0, 0)
  const a = new Lane(pipe)
  const b = new Lane(pipe)
  for (const size of [100, 100, 100, 50]) a.take(size, 0, size * 10)
  b.take(100, 0, 1000)
  expect([a.freeAt, b.freeAt]).toEqual([3500, 4500])
  // B is the first to hear of it. Of A's read one piece has crossed, the second is half way.
  b.takeBack(100)
  pipe.open(50, 0, 1500)
  b.take(100, 0, 2000)
  a.takeBack(250)
  for (const size of [100, 100, 50]) a.take(size, 0, size * 20)
  expect([a.freeAt, b.freeAt]).toEqual([6000, 8000])
})
