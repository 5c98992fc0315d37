import { expect, test } from 'vitest'
import { SessionGate } from '../../../../src/observe/events/session-gate.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** Each look at it takes a while. */
class SlowClock extends ManualClock {
  looking = 0

  override now(): number {
    const now = super.now()
    if (this.looking > 0) this.advance(this.looking)
    return now
  }
}

function gate(most: number) {
  const clock = new SlowClock()
  const told: [string, Readonly<Record<string, number>>][] = []
  const tellOmitted = (proxy: string, omitted: Readonly<Record<string, number>>) => void told.push([proxy, omitted])
  return { clock, told, gate: new SessionGate({ clock, most, tellOmitted }) }
}

test('so many pass in a second, and the rest is counted and told when it is over', () => {
  const { clock, told, gate: it } = gate(2)
  expect(['a', 'b', 'c', 'c', 'd'].map((type) => it.admit(type, 'pg'))).toEqual([true, true, false, false, false])
  clock.advance(999)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual([['pg', { c: 2, d: 1 }]])
  expect(it.admit('a', 'pg')).toBe(true)
})

test('a second that ends while it is looked at is told at once', () => {
  const { clock, told, gate: it } = gate(1)
  expect(it.admit('a', 'pg')).toBe(true)
  clock.advance(999.99)
  clock.looking = 0.02
  expect(it.admit('b', 'pg')).toBe(false)
  clock.looking = 0
  clock.advance(1)
  expect(told).toEqual([['pg', { b: 1 }]])
})
