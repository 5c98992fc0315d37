import { describe, expect, test } from 'vitest'
import {
  handshakeStall,
  RetransmissionTimer,
  synWaits,
  timeoutStall,
} from '../../../../src/faults/models/retransmission.ts'

describe('the time-out', () => {
  test.each([
    [2, 202],
    [20, 220],
    [50, 250],
    // From 100 ms on twice the round trip is more than the floor.
    [300, 900],
  ])('of a new connection with a round trip of %d ms is %d ms', (rtt, rto) => {
    expect(new RetransmissionTimer({ rtt, rtoMin: 200 }).rto).toBe(rto)
  })

  test('comes down to the round trip and the floor as exchanges show that it is steady', () => {
    const timer = new RetransmissionTimer({ rtt: 300, rtoMin: 200 })
    for (let i = 0; i < 50; i++) timer.plain()
    expect(timer.rto).toBeCloseTo(500, 3)
  })

  test('grows after a lost answer by RFC 6298, and forgets it again', () => {
    const timer = new RetransmissionTimer({ rtt: 2, rtoMin: 200 })
    timer.delayed(204, 0.74)
    // RTTVAR = 3/4·1 + 1/4·202, SRTT = 7/8·2 + 1/8·204.
    expect(timer.rto).toBeCloseTo(27.25 + 4 * 51.25, 9)
    for (let i = 0; i < 100; i++) timer.plain()
    expect(timer.rto).toBeCloseTo(202, 1)
  })

  test('a sample counts three times of four, and 300 ms at most', () => {
    const [often, seldom, capped] = [0, 1, 2].map(() => new RetransmissionTimer({ rtt: 2, rtoMin: 200 }))
    often?.delayed(300, 0)
    seldom?.delayed(300, 0.75)
    capped?.delayed(1e6, 0)
    expect(seldom?.rto).toBe(202)
    expect(capped?.rto).toBe(often?.rto)
  })

  test('never exceeds two minutes', () => {
    expect(new RetransmissionTimer({ rtt: 1e9, rtoMin: 200 }).rto).toBe(120_000)
  })
})

/** A stall in which so many packets are lost, the first one included. */
function stallOf(losses: number, rto = 220) {
  let asked = 1
  return timeoutStall(rto, () => asked++ < losses)
}

test('a stall is one time-out for each of the first two losses, and twice the one before for each further', () => {
  expect([1, 2, 3, 4, 5].map((losses) => stallOf(losses).ms)).toEqual([220, 440, 880, 1760, 3520])
})

test('no wait is longer than two minutes, and after 15 losses it is over', () => {
  const stall = stallOf(Infinity)
  expect(stall.losses).toBe(15)
  // 220 · (1 + 1 + 2 + … + 2⁹) and five times the ceiling.
  expect(stall.ms).toBe(220 * 1024 + 4 * 120_000)
})

test('the next attempt is asked about with the time since the last one', () => {
  const waited: number[] = []
  timeoutStall(100, (time) => waited.push(time) < 4)
  expect(waited).toEqual([100, 100, 200, 400])
})

test('attempts to connect are a second apart, on newer kernels the first five times', () => {
  expect(synWaits('exponential').map((ms) => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64])
  expect(synWaits('linear').map((ms) => ms / 1000)).toEqual([1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64])
})

test('each failed attempt to connect costs its wait, until they are used up', () => {
  let failing = 2
  expect(handshakeStall('linear', () => failing-- > 0)).toBe(2000)
  expect(handshakeStall('exponential', () => true)).toBe(127_000)
  expect(handshakeStall('linear', () => false)).toBe(0)
})
