import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { settled, young, type Young } from '../../../../src/engine/peers/keep-alive.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A connection that writes down what the kernel is told. */
class Connection implements Young {
  youngIndex = -1
  readonly told: [boolean, number][] = []
  readonly keepsAlive = {
    setKeepAlive: (on: boolean, seconds: number): number => this.told.push([on, seconds]),
    close: (): void => {},
  }
}

test('the kernel is told of those that have grown old, and once', () => {
  const all = [new Connection(), new Connection(), new Connection(), new Connection()]
  for (const one of all) young(one)
  const [first, second, third, fourth] = all
  if (first !== undefined) settled(first)
  if (fourth !== undefined) settled(fourth)
  if (fourth !== undefined) settled(fourth)
  vi.advanceTimersByTime(1000)
  expect([first, second, third, fourth].map((one) => one?.told)).toEqual([[], [[true, 15]], [[true, 15]], []])
  expect(all.map(({ youngIndex }) => youngIndex)).toEqual([-1, -1, -1, -1])
  vi.advanceTimersByTime(10_000)
  expect(second?.told).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('who comes later waits for a time of its own', () => {
  const early = new Connection()
  const late = new Connection()
  young(early)
  vi.advanceTimersByTime(1000)
  young(late)
  vi.advanceTimersByTime(999)
  expect([early.told.length, late.told.length]).toEqual([1, 0])
  vi.advanceTimersByTime(1)
  expect(late.told).toEqual([[true, 15]])
})
