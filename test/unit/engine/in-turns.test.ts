import { expect, test } from 'vitest'
import { InTurns } from '../../../src/engine/in-turns.ts'
import { Scheduler } from '../../../src/engine/scheduler.ts'

/** Sessions are numbers here, and each takes 3 ms: time passes while something runs, and timers wait until it is done. */
class Rig {
  #now = 0
  #timer: (() => void) | undefined
  readonly clock = {
    now: () => this.#now,
    setTimer: (_delay: number, fire: () => void) => (this.#timer = fire),
    clearTimer: () => (this.#timer = undefined),
  }
  readonly scheduler = new Scheduler(this.clock)
  readonly turns = new InTurns<number>(this)
  readonly done: string[] = []

  start(what: string, ...sessions: readonly number[]): void {
    this.turns.start(sessions, (session) => {
      this.done.push(`${what}${session}`)
      this.#now += 3
    })
  }

  /** The loop comes round. */
  turn(): void {
    const fire = this.#timer
    this.#timer = undefined
    fire?.()
  }

  /** What was done since the last look. */
  look(): string {
    return this.done.splice(0).join(' ')
  }
}

test('as many as a turn has room for at once, the rest in turns of their own', () => {
  const rig = new Rig()
  rig.start('a', 1, 2, 3, 4, 5)
  expect(rig.look()).toBe('a1 a2 a3')
  rig.turn()
  expect(rig.look()).toBe('a4 a5')
  expect(rig.scheduler.size).toBe(0)
})

test('a second run begins with those that the first has left, and sees to each once', () => {
  const rig = new Rig()
  rig.start('a', 1, 2, 3, 4, 5)
  rig.start('b', 1, 2, 3, 4, 5)
  rig.turns.forget(2)
  expect(rig.look()).toBe('a1 a2 a3 b4 b5 b1')
  rig.turn()
  expect(rig.look()).toBe('b3')
})

test('what is left is done when it has to be, or never', () => {
  const rig = new Rig()
  rig.start('a', 1, 2, 3, 4, 5)
  rig.turns.finish()
  expect(rig.look()).toBe('a1 a2 a3 a4 a5')
  rig.start('b', 1, 2, 3, 4, 5)
  rig.turns.stop()
  rig.turn()
  expect(rig.look()).toBe('b1 b2 b3')
  expect(rig.scheduler.size).toBe(0)
})
