import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Settling } from '../../../src/profiles/files/settling.ts'

let settled: number[]
let settling: Settling

beforeEach(() => {
  vi.useFakeTimers()
  const start = performance.now()
  settled = []
  settling = new Settling(() => settled.push(performance.now() - start))
})

afterEach(() => {
  vi.useRealTimers()
})

it('waits for 20 ms of quiet after one event', () => {
  settling.event()
  vi.advanceTimersByTime(1000)
  expect(settled).toEqual([20])
})

it('takes events that come close together for one', () => {
  for (let event = 0; event < 5; event++) {
    settling.event()
    vi.advanceTimersByTime(10)
  }
  vi.advanceTimersByTime(1000)
  expect(settled).toEqual([60])
})

it('does not wait for longer than 100 ms, however many come', () => {
  for (let event = 0; event < 50; event++) {
    settling.event()
    vi.advanceTimersByTime(5)
  }
  vi.advanceTimersByTime(1000)
  expect(settled).toEqual([100, 200, 265])
})

it('begins anew after each', () => {
  settling.event()
  vi.advanceTimersByTime(500)
  settling.event()
  vi.advanceTimersByTime(500)
  expect(settled).toEqual([20, 520])
})

it('says nothing once it is closed', () => {
  settling.event()
  settling.close()
  vi.advanceTimersByTime(1000)
  expect(settled).toEqual([])
})
