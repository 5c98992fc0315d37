import { describe, expect, test } from 'vitest'
import { Budget } from '../../../src/engine/budget.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'

const CLIENT_RESET = { origin: 'client', reason: 'reset' } as const
const BIG = 65_000

/** Two sessions of one process. */
function two(limit: number): readonly [RelayRig, RelayRig, Budget] {
  const processBudget = new Budget(limit)
  return [new RelayRig({ processBudget }), new RelayRig({ processBudget }), processBudget]
}

describe('without a fault', () => {
  test('bytes go straight through', () => {
    const rig = new RelayRig()
    rig.receive('hello')
    rig.receive('world', 5)
    expect(rig.lines).toEqual(['"hello" @ 0', '"world" @ 5'])
    expect(rig.relay.bytes).toEqual({ received: 10, sent: 10 })
    expect(rig.scheduler.size).toBe(0)
  })

  test('so do the end and a failure', () => {
    const rig = new RelayRig()
    rig.receive('bye')
    rig.relay.sourceEnded()
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    expect(rig.lines).toEqual(['"bye" @ 0', 'end @ 0', 'reset @ 0 (client: reset)'])
  })

  test('a slow destination stops the reading until it has taken everything', async () => {
    const rig = new RelayRig()
    rig.destination.taking = false
    const bytes = Buffer.alloc(200_000, 'x')
    rig.receive(bytes)
    expect(rig.source.reading).toBe(false)
    expect(rig.source.unread).toBeGreaterThan(bytes.length - BIG - 20_000)
    rig.destination.unblock()
    await rig.tick()
    expect(rig.source.unread).toBe(0)
    expect(Buffer.concat(rig.output).equals(bytes)).toBe(true)
  })

  test('small writes that are pending keep their bytes while reading goes on', async () => {
    const rig = new RelayRig()
    rig.destination.taking = false
    for (const text of ['one ', 'two ', 'three ']) rig.receive(text)
    expect(rig.source.reading).toBe(true)
    rig.destination.unblock()
    await rig.tick()
    expect(rig.text).toBe('one two three ')
  })

  // A source that was not read any more could not tell that it had left too, and its session stayed for ever.
  test('for a destination that is gone, bytes are read and dropped, and not counted as sent', () => {
    const rig = new RelayRig()
    rig.destination.destroy()
    rig.receive('lost')
    expect(rig.source.reading).toBe(true)
    expect(rig.relay.bytes).toEqual({ received: 4, sent: 0 })
  })
})

describe('with a delay', () => {
  const slow = fault('latency', { latency: 100 })

  test('bytes, end and failure come in order and in time', () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.receive('a')
    rig.receive('b', 10)
    rig.relay.sourceEnded()
    rig.clock.advance(500)
    expect(rig.lines).toEqual(['"a" @ 100', '"b" @ 110', 'end @ 110'])
    expect(rig.shared.budget.used).toBe(0)
  })

  test('a reset comes behind the bytes before it', () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.receive('last words')
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    expect(rig.lines).toEqual([])
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['"last words" @ 100', 'reset @ 100 (client: reset)'])
  })

  test('a reset comes behind any number of bytes that the destination takes', async () => {
    const rig = new RelayRig()
    rig.faults(slow)
    const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i % 251))
    rig.receive(bytes)
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    rig.clock.advance(100)
    await rig.tick()
    expect(Buffer.concat(rig.output).equals(bytes)).toBe(true)
    expect(rig.lines.at(-1)).toBe('reset @ 100 (client: reset)')
  })

  test('a reset whose time has come does not wait for a destination that takes nothing', async () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.destination.taking = false
    rig.receive(Buffer.alloc(100_000))
    rig.clock.advance(150)
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    expect(rig.lines).toEqual(['reset @ 150 (client: reset)'])
    await rig.tick()
    expect(rig.shared.budget.used).toBe(0)
  })

  test('neither does one that is due while the destination takes nothing', () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.destination.taking = false
    rig.receive(Buffer.alloc(60_000))
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    rig.clock.advance(99)
    expect(rig.over).toBe(false)
    rig.clock.advance(2)
    expect(rig.lines).toEqual(['reset @ 100 (client: reset)'])
  })

  test('a slow destination is written to again when it has taken everything, and loses nothing', async () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.destination.taking = false
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
    rig.receive(bytes)
    rig.clock.advance(1000)
    expect(rig.output).toEqual([])
    rig.destination.unblock()
    for (let turn = 0; turn < 20; turn++) {
      await rig.tick()
      rig.clock.advance(100)
    }
    expect(Buffer.concat(rig.output).equals(bytes)).toBe(true)
    expect(rig.shared.budget.used).toBe(0)
    expect(rig.scheduler.size).toBe(0)
  })

  test('what is read while bytes wait goes behind them, even after the fault has gone', async () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.destination.taking = false
    for (let chunk = 0; chunk < 3; chunk++) rig.receive(Buffer.alloc(20_000, 'a'))
    expect(rig.source.reading).toBe(true)
    rig.faults()
    expect(rig.relay.queue.empty).toBe(false)
    rig.receive('b')
    rig.destination.unblock()
    for (let turn = 0; turn < 5; turn++) await rig.tick()
    expect(rig.text).toBe(`${'a'.repeat(60_000)}b`)
  })

  test('close drops what waits, gives the budget back and leaves nothing scheduled', () => {
    const rig = new RelayRig()
    rig.faults(slow)
    rig.receive(Buffer.alloc(5000))
    expect(rig.shared.budget.used).toBeGreaterThan(5000)
    rig.relay.close()
    rig.relay.close()
    expect(rig.shared.budget.used).toBe(0)
    expect(rig.scheduler.size).toBe(0)
    rig.receive('late')
    rig.relay.sourceEnded()
    rig.relay.drained()
    rig.clock.advance(1000)
    expect(rig.lines).toEqual([])
    expect(rig.relay.bytes).toEqual({ received: 5004, sent: 0 })
  })
})

/** A read that was cut into 65 000 single bytes was written in one go: 180 ms in which nobody else, the admin API included, had a turn. */
describe('very many small pieces', () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))
  const singleBytes = [
    fault('slicer', { average_size: 1 }, { name: 'once' }),
    fault('slicer', { average_size: 1 }, { name: 'again' }),
  ]

  test('are written in turns, in order, and the end comes behind the last', () => {
    const rig = new RelayRig()
    rig.faults(...singleBytes)
    rig.receive(bytes)
    rig.relay.sourceEnded()
    const first = rig.output.length
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(bytes.length)
    for (let turn = 0; turn < 10; turn++) rig.clock.advance(1)
    expect(rig.output).toHaveLength(bytes.length)
    expect(Buffer.concat(rig.output).equals(bytes)).toBe(true)
    expect(rig.lines.at(-1)).toMatch(/^end/)
    expect(rig.scheduler.size).toBe(0)
  })

  test('that go on in the next turn wait behind what others have had due for longer', () => {
    const rig = new RelayRig()
    rig.faults(...singleBytes, fault('latency', { latency: 10 }))
    rig.receive(bytes)
    let deliveredBefore = -1
    const fire = (): void => {
      deliveredBefore = rig.output.length
    }
    rig.scheduler.schedule({ dueAt: 0, heapIndex: -1, fire }, 10.5)
    rig.clock.advance(50)
    expect(rig.output).toHaveLength(bytes.length)
    expect(deliveredBefore).toBeGreaterThan(0)
    expect(deliveredBefore).toBeLessThan(bytes.length)
  })

  test('all go before a reset that is due with them', () => {
    const rig = new RelayRig()
    rig.faults(...singleBytes, fault('latency', { latency: 10 }))
    rig.receive(bytes)
    rig.relay.sourceFailed('reset', CLIENT_RESET)
    rig.clock.advance(100)
    expect(Buffer.concat(rig.output).equals(bytes)).toBe(true)
    expect(rig.lines.at(-1)).toMatch(/^reset/)
  })
})

describe('a thin pipe', () => {
  test('stops the reading until it has room again', () => {
    const rig = new RelayRig()
    rig.faults(fault('bandwidth', { rate: 100_000 }))
    rig.receive(Buffer.alloc(200_000))
    expect(rig.source.reading).toBe(false)
    expect(rig.source.unread).toBeGreaterThan(200_000 - 2048 - BIG - 1)
    rig.clock.advance(1000)
    expect(rig.relay.bytes.sent).toBeLessThanOrEqual(100_000)
    expect(rig.relay.bytes.sent).toBeGreaterThan(90_000)
    rig.clock.advance(1500)
    expect(rig.relay.bytes.sent).toBe(200_000)
    expect(rig.scheduler.size).toBe(0)
  })

  test('that is cut holds little, and reads on when it is mended', async () => {
    const rig = new RelayRig()
    rig.faults(fault('bandwidth', { rate: 0 }))
    rig.receive(Buffer.alloc(500_000, 'x'))
    rig.clock.advance(14_000)
    expect(rig.output).toEqual([])
    expect(rig.relay.queue.bytes).toBeLessThanOrEqual(BIG)
    // A source that is never read cannot tell that it has left: one more read every 15 s.
    rig.clock.advance(20_000)
    expect(rig.relay.queue.bytes).toBeLessThanOrEqual(3 * BIG)
    rig.faults()
    rig.clock.advance(1)
    await rig.tick()
    expect(rig.source.unread).toBe(0)
    expect(rig.text).toBe('x'.repeat(500_000))
  })

  /**
   * A session that ended within the very read that found its pipe thin (slicer in front of limit_data) was scheduled once more after it
   * had been closed: an ended session stayed in the scheduler until the pipe would have had room.
   */
  test('is not waited for by a session that is over', () => {
    const rig = new RelayRig()
    rig.faults(fault('slicer', { average_size: 1, delay: 10_000 }), fault('limit_data', { bytes: 1 }))
    rig.receive('hello')
    expect(rig.lines).toEqual(['"h" @ 0', 'destroy @ 0 (injected: limit_data)'])
    expect(rig.source.reading).toBe(false)
    expect(rig.scheduler.size).toBe(0)
    expect(rig.shared.budget.used).toBe(0)
  })
})

describe('memory', () => {
  test('a session that holds more than its budget stops reading, and goes on when half of it is free', () => {
    const rig = new RelayRig({ sessionBudget: 100_000 })
    rig.faults(fault('latency', { latency: 1000 }))
    rig.receive(Buffer.alloc(60_000))
    rig.receive(Buffer.alloc(60_000), 100)
    expect(rig.source.reading).toBe(false)
    rig.receive(Buffer.alloc(60_000), 100)
    expect(rig.relay.queue.bytes).toBeLessThan(100_000 + BIG)
    rig.clock.advanceTo(1050)
    expect(rig.source.reading).toBe(false)
    rig.clock.advanceTo(1101)
    expect(rig.source.reading).toBe(true)
    rig.clock.advance(5000)
    expect(rig.relay.bytes).toEqual({ received: 180_000, sent: 180_000 })
  })

  /**
   * Only payload was counted: a slicer of single bytes with a delay behind it filled 16 MiB of budget with 16 million pieces, which took
   * gigabytes and killed the process.
   */
  test('what pieces take beside their bytes counts', () => {
    const rig = new RelayRig({ sessionBudget: 2 ** 20 })
    rig.faults(fault('latency', { latency: 1000 }))
    let received = 0
    for (; received < 100_000 && rig.source.reading; received++) rig.receive('x')
    expect(received).toBeGreaterThan(1000)
    expect(received).toBeLessThan(10_000)
  })

  test('a full process stops those who hold something, and lets them go on when a quarter is free', () => {
    const [a, b, budget] = two(100_000)
    for (const rig of [a, b]) rig.faults(fault('latency', { latency: 1000 }))
    a.receive(Buffer.alloc(60_000))
    b.receive(Buffer.alloc(60_000))
    expect([a.source.reading, b.source.reading]).toEqual([true, false])
    a.receive('more', 10)
    expect(a.source.reading).toBe(false)
    expect(budget.stalls).toBe(2)
    a.clock.advance(1000)
    expect(b.source.reading).toBe(true)
    b.clock.advance(1000)
    expect(budget.used).toBe(0)
  })

  /**
   * A session that had delivered everything stayed stopped for as long as others filled the process; with peers that never read again,
   * for ever: 16 of them could stop every other session that had a fault.
   */
  test('a session that holds nothing any more reads on, however full others keep the process', () => {
    const [hog, victim, budget] = two(50_000)
    hog.faults(fault('latency', { latency: 1e9 }))
    hog.receive(Buffer.alloc(60_000))
    victim.faults(fault('latency', { latency: 100 }))
    for (const text of ['one ', 'two ', 'three ']) {
      victim.receive(text)
      expect(victim.source.reading).toBe(false)
      victim.clock.advance(100)
      expect(victim.source.reading).toBe(true)
    }
    expect(victim.text).toBe('one two three ')
    expect(budget.exhausted).toBe(true)
  })

  test('changing the faults of one session does not pretend that memory is free', () => {
    const [a, b, budget] = two(100_000)
    a.faults(fault('latency', { latency: 1000 }))
    b.faults(fault('latency', { latency: 1000 }))
    a.receive(Buffer.alloc(90_000))
    b.receive(Buffer.alloc(20_000))
    expect(b.source.reading).toBe(false)
    a.faults(fault('latency', { latency: 2000 }))
    expect(b.source.reading).toBe(false)
    expect(budget.used).toBeGreaterThan(110_000)
  })

  test('a session that ends while it waits for memory is forgotten', () => {
    const [a, b, budget] = two(50_000)
    for (const rig of [a, b]) {
      rig.faults(fault('latency', { latency: 1000 }))
      rig.receive(Buffer.alloc(60_000))
    }
    b.relay.close()
    a.relay.close()
    expect(budget.used).toBe(0)
    expect(b.source.reading).toBe(false)
  })
})
