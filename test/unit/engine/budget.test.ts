import { expect, test } from 'vitest'
import { Budget, type BudgetWaiter } from '../../../src/engine/budget.ts'

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
