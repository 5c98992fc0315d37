import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Scheduler, type Scheduled } from '../../../src/engine/scheduler.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const TASKS = 12

const time = fc.oneof(
  fc.integer({ min: 0, max: 400 }),
  fc.double({ min: 0, max: 400, noNaN: true }),
  fc.constant(Infinity),
)
const task = fc.integer({ min: 0, max: TASKS - 1 })
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('schedule' as const), task, at: time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), task }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 40 }) }) },
)

test('random schedules, moves and cancellations fire like a sorted list would', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const clock = new ManualClock()
      const scheduler = new Scheduler(clock)
      const model = new Map<number, number>()
      const tasks = Array.from({ length: TASKS }, (_, id): Scheduled => ({
        dueAt: 0,
        heapIndex: -1,
        fire: (now) => {
          const due = model.get(id)
          expect(due, `task ${id} fired though it did not wait`).toBeDefined()
          expect(due).toBeLessThanOrEqual(now)
          expect(due).toBe(Math.min(...model.values()))
          model.delete(id)
        },
      }))
      for (const one of operations) {
        if (one.kind === 'advance') {
          clock.advance(one.by)
          // A timer may be up to a millisecond late.
          const overdue = [...model.values()].filter((due) => due <= clock.now() - 1)
          if (overdue.length > 0) throw new Error(`at ${clock.now()}, ${overdue.join(', ')} have not fired`)
        } else {
          const scheduled = tasks[one.task]
          if (scheduled === undefined) throw new Error('no such task')
          if (one.kind === 'cancel' || one.at === Infinity) model.delete(one.task)
          else model.set(one.task, one.at)
          if (one.kind === 'cancel') scheduler.cancel(scheduled)
          else scheduler.schedule(scheduled, one.at)
        }
        expect(scheduler.size).toBe(model.size)
        for (const [id, one] of tasks.entries()) expect(one.heapIndex >= 0).toBe(model.has(id))
      }
      clock.advance(1000)
      expect(model.size).toBe(0)
      expect(clock.armed).toBe(0)
    }),
    { numRuns: 300 },
  )
})
