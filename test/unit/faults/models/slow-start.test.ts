import { expect, test } from 'vitest'
import { COLD, nextFlight, type WindowState } from '../../../../src/faults/models/slow-start.ts'
import { MSS } from '../../../../src/faults/models/tcp-throughput.ts'

const RTT = 100
const IDLE = 300

/** When how many packets go, of so many that are there at `at`. */
function flights(packets: number, at: number, from: WindowState = COLD): { shown: string[]; state: WindowState } {
  const shown: string[] = []
  let state = from
  for (let left = packets * MSS; left > 0;) {
    const flight = nextFlight(state, left, at, RTT, IDLE)
    shown.push(`${flight.bytes / MSS} @ ${flight.at}`)
    left -= flight.bytes
    state = flight.after
  }
  return { shown, state }
}

test('10, 20, 40 … packets go per round trip', () => {
  expect(flights(150, 7).shown).toEqual(['10 @ 7', '20 @ 107', '40 @ 207', '80 @ 307'])
})

test.each([1, 10, 11, 30, 31, 46, 70, 71, 700])('%d packets need as many round trips as log2 says', (packets) => {
  expect(flights(packets, 0).shown).toHaveLength(Math.ceil(Math.log2(packets / 10 + 1)))
})

test('what comes in the same round trip shares its window', () => {
  const first = flights(6, 0)
  const second = flights(6, 50, first.state)
  expect(second.shown).toEqual(['4 @ 50', '2 @ 100'])
  expect(flights(1, 60, second.state).shown).toEqual(['1 @ 100'])
})

test('a window that was not used up does not grow', () => {
  let { state } = flights(1, 0)
  for (let at = 100; at <= 1000; at += 100) state = flights(9, at, state).state
  expect(flights(11, 1100, state).shown).toEqual(['10 @ 1100', '1 @ 1200'])
})

test('a warm connection sends at once what fits its window; after an idle time-out it begins anew', () => {
  const warm = flights(70, 0).state
  expect(warm.window).toBe(40)
  expect(flights(80, 300, warm).shown).toEqual(['80 @ 300'])
  expect(flights(20, 500, warm).shown).toEqual(['20 @ 500'])
  expect(flights(20, 501, warm).shown).toEqual(['10 @ 501', '10 @ 601'])
})

test('bytes that are never there make no endless rounds', () => {
  expect(flights(30, Infinity).shown).toEqual(['10 @ Infinity', '20 @ Infinity'])
})
