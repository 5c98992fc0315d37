import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Lease } from '../../../src/client/lease.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const GONE = new Error('gone')
const AWAY = new Error('away')

/** A server that answers what it is told to; each renewal is noted with its time and the time that it may take. */
function rig(lease = 30_000) {
  const clock = new ManualClock(1000)
  const renewals: { readonly at: number; readonly timeoutMs: number }[] = []
  let answer: () => Promise<number | undefined> = () => Promise.resolve(lease)
  const kept = new Lease({
    renew: (timeoutMs) => {
      renewals.push({ at: clock.now(), timeoutMs })
      return answer()
    },
    isGone: (error) => error === GONE,
    lost: (cause) => new Error('lost', { cause }),
    clock,
  })
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1000) {
      clock.advance(Math.min(1000, ms - passed))
      await turn()
    }
  }
  return {
    clock,
    kept,
    renewals,
    advance,
    answers: (next: typeof answer) => {
      answer = next
    },
  }
}

describe('a lease', () => {
  test('is renewed at each third of it, from when it was asked for', async () => {
    const { kept, renewals, advance } = rig()
    kept.keep(30_000, 1000)
    await advance(30_000)
    expect(renewals.map(({ at }) => at)).toEqual([11_000, 21_000, 31_000])
    expect(renewals[0]?.timeoutMs).toBe(20_000)
    expect(kept.signal.aborted).toBe(false)
  })

  test('follows the server where that gives another one', async () => {
    const { kept, renewals, advance, answers } = rig()
    kept.keep(30_000, 1000)
    answers(() => Promise.resolve(6000))
    await advance(14_000)
    expect(renewals.map(({ at }) => at)).toEqual([11_000, 13_000, 15_000])
  })

  test('that there is not is not renewed', async () => {
    const { kept, clock, renewals, advance } = rig()
    kept.keep(undefined, 1000)
    await advance(60_000)
    expect(renewals).toEqual([])
    expect(clock.armed).toBe(0)
  })

  test('is renewed no more once it is stopped, and not lost', async () => {
    const { kept, clock, renewals, advance, answers } = rig()
    kept.keep(30_000, 1000)
    await advance(10_000)
    kept.stop()
    answers(() => Promise.reject(GONE))
    await advance(60_000)
    expect(renewals).toHaveLength(1)
    expect(clock.armed).toBe(0)
    expect(kept.signal.aborted).toBe(false)
  })

  test('that is stopped while a renewal is under way ignores what comes of that', async () => {
    const { kept, clock, advance, answers } = rig()
    const { promise, reject } = Promise.withResolvers<number>()
    answers(() => promise)
    kept.keep(30_000, 1000)
    await advance(10_000)
    kept.stop()
    reject(GONE)
    await turn()
    expect(kept.signal.aborted).toBe(false)
    expect(clock.armed).toBe(0)
  })

  test('is lost at once where the thing has gone', async () => {
    const { kept, clock, renewals, advance, answers } = rig()
    answers(() => Promise.reject(GONE))
    kept.keep(30_000, 1000)
    await advance(10_000)
    expect(renewals).toHaveLength(1)
    const lost = await kept.lost
    expect(lost.cause).toBe(GONE)
    expect(kept.signal.reason).toBe(lost)
    expect(clock.armed).toBe(0)
  })

  test('survives failures as long as one renewal comes through in time', async () => {
    const { kept, renewals, advance, answers } = rig()
    answers(() => Promise.reject(AWAY))
    kept.keep(30_000, 1000)
    await advance(25_000)
    const failed = renewals.length
    expect(failed).toBeGreaterThan(1)
    answers(() => Promise.resolve(30_000))
    await advance(5000)
    expect(renewals.length).toBeGreaterThan(failed)
    expect(kept.signal.aborted).toBe(false)
  })

  test('is lost when it is over and nobody has answered; no try comes after that', async () => {
    const { kept, clock, renewals, advance, answers } = rig()
    answers(() => Promise.reject(AWAY))
    kept.keep(30_000, 1000)
    await advance(29_000)
    expect(kept.signal.aborted).toBe(false)
    await advance(2000)
    expect((await kept.lost).cause).toBe(AWAY)
    const tries = renewals.length
    expect(tries).toBeLessThan(40)
    await advance(60_000)
    expect(renewals).toHaveLength(tries)
    expect(clock.armed).toBe(0)
  })

  test('of days sets no timer that is longer than one can be', () => {
    const { kept, clock, renewals } = rig()
    kept.keep(365 * 86_400_000, 1000)
    clock.advance(2 ** 31 - 1)
    expect(renewals).toHaveLength(1)
  })
})
