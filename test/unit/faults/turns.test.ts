import { expect, test } from 'vitest'
import { Turns } from '../../../src/faults/turns.ts'

test('one turn after the other, and none before its bytes are there', () => {
  const turns = new Turns()
  expect(turns.take(10, 100, 5)).toBe(100)
  expect(turns.take(10, 101, 5)).toBe(105)
  expect(turns.take(10, 200, 5)).toBe(200)
  expect(turns.freeAt).toBe(205)
})

test('turns are taken back exactly, over idle times', () => {
  const turns = new Turns()
  turns.take(10, 0, 5)
  turns.take(10, 100, 5)
  turns.take(10, 200, 5)
  turns.takeBack(20)
  expect(turns.freeAt).toBe(5)
  turns.takeBack(10)
  expect(turns.freeAt).toBe(5)
})

test('a turn taken back in part ends where the rest of its bytes ended', () => {
  const turns = new Turns()
  turns.take(100, 50, 10)
  turns.takeBack(25)
  expect(turns.freeAt).toBe(57.5)
})

test('taking back more than there was goes back to the beginning', () => {
  const turns = new Turns()
  turns.notBefore(30)
  turns.take(10, 0, 5)
  turns.takeBack(1000)
  expect(turns.freeAt).toBe(30)
})

test('turns that never end can be taken back', () => {
  const turns = new Turns()
  turns.notBefore(7)
  turns.take(10, 0, Infinity)
  turns.take(10, 3, Infinity)
  turns.takeBack(20)
  expect(turns.freeAt).toBe(7)
})

test('what is too long ago to remember is estimated from the pace since', () => {
  const turns = new Turns()
  for (let i = 0; i < 10_000; i++) turns.take(1, 0, 2)
  turns.takeBack(9000)
  expect(turns.freeAt).toBeCloseTo(2000)
})

// A cut pipe in front of a thin one, mended after more pieces than are remembered: the thin one never flowed again.
test('any number of turns that never end can be taken back', () => {
  const turns = new Turns()
  turns.take(10, 0, 5)
  for (let i = 0; i < 5000; i++) turns.take(1, Infinity, 1)
  turns.takeBack(5000)
  expect(turns.freeAt).toBe(5)
})

// Reckoned from the pace of the latest turns, 2000 bytes a second apart behind a delay of a minute came 40 s late when the delay went.
test('turns too long ago to be remembered one by one are taken back over idle times, rather too far than not far enough', () => {
  const turns = new Turns()
  turns.take(1, 0, 5)
  for (let i = 0; i < 5000; i++) turns.take(1, 60_000 + i * 10, 1)
  turns.takeBack(5000)
  expect(turns.freeAt).toBe(5)
  const half = new Turns()
  for (let i = 0; i < 5000; i++) half.take(1, i * 10, 1)
  half.takeBack(2500)
  expect(half.freeAt).toBeLessThanOrEqual(25_000)
  expect(half.freeAt).toBeGreaterThan(22_500)
})
