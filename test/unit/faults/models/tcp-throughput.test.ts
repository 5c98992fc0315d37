import { expect, test } from 'vitest'
import { lossPace, mathis, MSS, pftk } from '../../../../src/faults/models/tcp-throughput.ts'

const mbit = (bytesPerSecond: number): number => (bytesPerSecond * 8) / 1e6

/** Megabits per second, from the formulas by hand, and what cubic reached over a real lossy link (12 s; 20 ms at 1 % and 5 %, 50 ms at 1 % and 5 %). */
test.each([
  { rtt: 20, p: 0.001, byMathis: 22.4, byPftk: 21.9, pace: 22.2, cubic: undefined },
  { rtt: 20, p: 0.01, byMathis: 7.1, byPftk: 5.7, pace: 6.4, cubic: 6.4 },
  { rtt: 20, p: 0.05, byMathis: 3.2, byPftk: 1.36, pace: 2.1, cubic: 2.12 },
  { rtt: 50, p: 0.01, byMathis: 2.8, byPftk: 2.55, pace: 2.7, cubic: 2.5 },
  { rtt: 50, p: 0.05, byMathis: 1.27, byPftk: 0.79, pace: 1, cubic: 0.86 },
])('at $rtt ms and p = $p a sender reaches $pace Mbit/s', ({ rtt, p, byMathis, byPftk, pace, cubic = pace }) => {
  const path = { rtt, rtoMin: 200 }
  expect(Math.abs(mbit(mathis(p, rtt)) / byMathis - 1)).toBeLessThan(0.02)
  expect(Math.abs(mbit(pftk(p, rtt, rtt + 200)) / byPftk - 1)).toBeLessThan(0.02)
  expect(Math.abs(mbit(lossPace(p, path)) / pace - 1)).toBeLessThan(0.03)
  expect(Math.abs(mbit(lossPace(p, path)) / cubic - 1)).toBeLessThan(0.2)
})

test('without loss there is no limit, and the more loss the slower, down to a packet per time-out', () => {
  const path = { rtt: 20, rtoMin: 200 }
  expect(lossPace(0, path)).toBe(Infinity)
  const paces = [0.0001, 0.001, 0.01, 0.1, 0.3, 1].map((p) => lossPace(p, path))
  expect(paces).toEqual([...paces].sort((a, b) => b - a))
  expect(lossPace(1, path)).toBeGreaterThanOrEqual(MSS / 0.22)
})
