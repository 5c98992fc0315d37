import { describe, expect, test } from 'vitest'
import { Budget, type BudgetWaiter } from '../../../src/engine/budget.ts'
import { makeProcessMemory } from '../../../src/engine/sharing/memory.ts'
import { createShared } from '../../../src/engine/sharing/shared.ts'

class Waiter implements BudgetWaiter {
  freed = 0
  budgetFreed(): void {
    this.freed++
  }
}

test('it is exhausted above its limit, not at it', () => {
  const budget = new Budget(100)
  budget.change(100)
  expect(budget.exhausted).toBe(false)
  budget.change(1)
  expect(budget.exhausted).toBe(true)
})

test('who waits is told once, when a quarter is free again', () => {
  const budget = new Budget(100)
  const [a, b] = [new Waiter(), new Waiter()]
  budget.change(200)
  budget.wait(a)
  budget.wait(b)
  budget.change(-125)
  expect([a.freed, b.freed]).toEqual([0, 0])
  budget.change(-1)
  expect([a.freed, b.freed]).toEqual([1, 1])
  budget.change(-74)
  expect([a.freed, b.freed]).toEqual([1, 1])
  expect(budget.used).toBe(0)
})

test('who has left is not told', () => {
  const budget = new Budget(100)
  const waiter = new Waiter()
  budget.change(200)
  budget.wait(waiter)
  budget.forget(waiter)
  budget.change(-200)
  expect(waiter.freed).toBe(0)
})

/** A session that waited and went on delivering was counted as a new stall with every piece that it delivered. */
test('waiting on is no new stall; waiting again is one', () => {
  const budget = new Budget(100)
  const waiter = new Waiter()
  budget.change(200)
  for (let piece = 0; piece < 10; piece++) budget.wait(waiter)
  expect(budget.stalls).toBe(1)
  budget.change(-200)
  budget.change(200)
  budget.wait(waiter)
  expect(budget.stalls).toBe(2)
})

test('a waiter that waits again while it is told does not go round in circles', () => {
  const budget = new Budget(100)
  const waiter: BudgetWaiter & { freed: number } = {
    freed: 0,
    budgetFreed() {
      this.freed++
      budget.wait(this)
    },
  }
  budget.change(200)
  budget.wait(waiter)
  budget.change(-200)
  expect(waiter.freed).toBe(1)
})

function two(): readonly Budget[] {
  const memory = makeProcessMemory(2)
  return [1, 2].map(
    (thread) =>
      new Budget(
        100 * 1024,
        createShared(memory, thread, () => {}),
      ),
  )
}

describe('shared by two threads', () => {
  test('what one holds keeps the other from reading, and who waits is told by a nudge', () => {
    const [one, other] = two()
    const waiter = new Waiter()
    one?.change(101 * 1024)
    expect(other?.exhausted).toBe(true)
    other?.wait(waiter)
    one?.change(-101 * 1024)
    other?.look()
    expect(waiter.freed).toBe(1)
  })

  test('nobody waits for what the other has let go of a moment before', async () => {
    const [one, other] = two()
    const waiter = new Waiter()
    one?.change(101 * 1024)
    expect(other?.exhausted).toBe(true)
    one?.change(-101 * 1024)
    other?.wait(waiter)
    await new Promise((resolve) => setImmediate(resolve))
    expect(waiter.freed).toBe(1)
  })
})
