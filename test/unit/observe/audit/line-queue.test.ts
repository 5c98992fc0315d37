import { expect, test } from 'vitest'
import { LineQueue } from '../../../../src/observe/audit/line-queue.ts'

test('lines come in order, whole where there is room, and one at least', () => {
  const queue = new LineQueue(1000)
  for (const line of ['one', 'two', 'three']) queue.add(line)
  expect(queue.peek(8).toString()).toBe('one\ntwo\n')
  expect(queue.peek(1).toString()).toBe('one\n')
  expect(queue.peek(Infinity).toString()).toBe('one\ntwo\nthree\n')
})

test('what was written in part goes on where it stopped', () => {
  const queue = new LineQueue(1000)
  for (const line of ['one', 'two', 'three']) queue.add(line)
  queue.taken(6)
  expect([queue.atLineStart, queue.nextBytes, queue.peek(0).toString()]).toEqual([false, 2, 'o\n'])
  queue.taken(2)
  expect([queue.atLineStart, queue.peek(0).toString()]).toEqual([true, 'three\n'])
  queue.taken(6)
  expect(queue.empty).toBe(true)
})

test('what finds no room is dropped and counted; what was written makes room', () => {
  const queue = new LineQueue(10)
  for (const line of ['1234', '5678', '9']) queue.add(line)
  expect([queue.dropped, queue.peek(Infinity).toString()]).toEqual([1, '1234\n5678\n'])
  queue.taken(5)
  queue.add('abcd')
  expect([queue.dropped, queue.peek(Infinity).toString()]).toEqual([1, '5678\nabcd\n'])
  expect(queue.clear()).toBe(2)
  expect([queue.dropped, queue.empty]).toEqual([3, true])
})

test('what is handed on at once is bounded', () => {
  const queue = new LineQueue(10 ** 7)
  for (let n = 0; n < 1000; n++) queue.add('x'.repeat(999))
  expect(queue.peek(Infinity).length).toBe(65_000)
})
