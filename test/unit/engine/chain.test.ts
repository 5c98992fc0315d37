import { describe, expect, test } from 'vitest'
import { fault, redrawn, updated } from '../../support/engine-rig-faults.ts'
import { RelayRig } from '../../support/engine-rig-relay.ts'

/** What is in the queue, and when it is due. */
function waiting(rig: RelayRig): string[] {
  const all: string[] = []
  for (let held = rig.relay.queue.head; held !== undefined; held = held.following) {
    all.push(`${held.kind === 'chunk' ? held.bytes.toString() : held.kind} @ ${held.at}`)
  }
  return all
}

/** Whether the fault `x` selects the session `ordinal`, with `others` in front of it. */
function selects(ordinal: number, others: readonly string[]): boolean {
  const rig = new RelayRig({ ordinal })
  rig.faults(...others.map((name) => fault('noop', {}, { name })), fault('noop', {}, { name: 'x', probability: 0.5 }))
  return rig.chain.names.includes('x')
}

describe('a fault that joins', () => {
  test('acts on what comes, behind the faults that are there', () => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 10 }))
    expect(rig.chain.names).toEqual(['latency'])
    rig.receive('a')
    rig.clock.advance(10)
    expect(rig.lines).toEqual(['"a" @ 10'])
  })

  test('adds to the times of what waits already', () => {
    const rig = new RelayRig()
    const first = fault('latency', { latency: 100 }, { name: 'first' })
    rig.faults(first)
    rig.receive('a')
    rig.receive('b', 20)
    rig.clock.advance(20)
    rig.faults(first, fault('latency', { latency: 50 }, { name: 'second' }))
    expect(waiting(rig)).toEqual(['a @ 150', 'b @ 170'])
  })

  test('in front of the others has what waits counted anew from its arrival', () => {
    const rig = new RelayRig()
    const old = fault('latency', { latency: 100 }, { name: 'old' })
    rig.faults(old)
    rig.receive('a', 5)
    rig.faults(fault('latency', { latency: 50 }, { name: 'new' }), old)
    expect(waiting(rig)).toEqual(['a @ 155'])
  })

  // What a latency held went by a timeout or a limit that was added behind it: half of a cut that was meant to be whole.
  test('and drops bytes drops what waits in front of it too', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    rig.faults(slow)
    rig.receive('dropped')
    rig.faults(slow, fault('timeout'))
    rig.receive('dropped too', 10)
    rig.clock.advance(500)
    expect(rig.lines).toEqual([])
  })

  test('and limits counts what waits in front of it', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    rig.faults(slow)
    rig.receive('abc')
    rig.faults(slow, fault('limit_data', { bytes: 2 }))
    rig.clock.advance(500)
    expect(rig.lines).toEqual(['"ab" @ 100', 'destroy @ 100 (injected: limit_data)'])
  })

  test('while an end waits keeps it behind its bytes', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    rig.faults(slow)
    rig.receive('bye')
    rig.relay.sourceEnded()
    rig.faults(slow, fault('slow_close', { delay: 70 }))
    rig.clock.advance(1000)
    expect(rig.lines).toEqual(['"bye" @ 100', 'end @ 170'])
  })
})

describe('a fault that changes', () => {
  test('applies its new delay to what waits, counted from when that came in', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 1000 })
    rig.faults(slow)
    rig.receive('a')
    rig.receive('b', 100)
    rig.clock.advance(100)
    rig.faults(updated(slow, { latency: 150 }))
    expect(waiting(rig)).toEqual(['a @ 150', 'b @ 250'])
    rig.clock.advance(1000)
    // In a turn of its own: at once with real time, a timer's millisecond later with the manual one.
    expect(rig.lines).toEqual(['"a" @ 201', '"b" @ 250'])
  })

  test('has the turns of what waits taken back, so that none is paid for twice', () => {
    const rig = new RelayRig()
    const thin = fault('bandwidth', { rate: 1000 })
    rig.faults(thin)
    rig.receive(Buffer.alloc(1000))
    rig.clock.advance(500)
    expect(rig.relay.bytes.sent).toBe(500)
    rig.faults(updated(thin, { rate: 500 }))
    rig.clock.advance(500)
    expect(rig.relay.bytes.sent).toBe(750)
    rig.clock.advance(510)
    expect(rig.relay.bytes.sent).toBe(1000)
  })

  test('welcomes input at once when it has become wider', () => {
    const rig = new RelayRig()
    const thin = fault('bandwidth', { rate: 10 })
    rig.faults(thin)
    rig.receive(Buffer.alloc(10_000))
    expect(rig.source.reading).toBe(false)
    rig.faults(updated(thin, { rate: 1e6 }))
    expect(rig.source.unread).toBe(0)
    rig.clock.advance(1000)
    expect(rig.relay.bytes.sent).toBe(10_000)
  })

  test('and is the last to go has its source read on in a turn of its own', () => {
    const rig = new RelayRig()
    rig.faults(fault('bandwidth', { rate: 10 }))
    rig.receive(Buffer.alloc(10_000))
    rig.receive(Buffer.alloc(100_000))
    expect(rig.source.reading).toBe(false)
    rig.faults()
    expect([rig.source.reading, rig.relay.bytes.sent]).toEqual([false, 0])
    rig.clock.advance(10)
    expect([rig.source.unread, rig.relay.bytes.sent]).toEqual([0, 110_000])
  })

  test('keeps what it has counted', () => {
    const rig = new RelayRig()
    const limit = fault('limit_data', { bytes: 10 })
    rig.faults(limit)
    rig.receive('12345')
    rig.faults(updated(limit, { bytes: 7 }))
    rig.receive('6789')
    expect(rig.text).toBe('1234567')
    expect(rig.over).toBe(true)
  })

  test('is woken by its new time alone', () => {
    const rig = new RelayRig()
    const timeout = fault('timeout', { timeout: 100 })
    rig.faults(timeout)
    rig.clock.advance(50)
    rig.faults(updated(timeout, { timeout: 300 }))
    rig.clock.advance(250)
    expect(rig.lines).toEqual([])
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['destroy @ 350 (injected: timeout)'])
  })

  test('leaves the stages of the others what they are', () => {
    const rig = new RelayRig()
    const thin = fault('bandwidth', { rate: 1000 })
    const other = fault('noop')
    rig.faults(thin, other)
    rig.receive(Buffer.alloc(100))
    rig.clock.advance(100)
    rig.faults(thin, updated(other, {}))
    rig.receive(Buffer.alloc(100))
    rig.clock.advance(100)
    expect(rig.relay.bytes.sent).toBe(200)
  })

  test('to another type under its name leaves as the old one and joins as the new', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { name: 'x' }))
    rig.faults(fault('latency', { latency: 5 }, { name: 'x' }))
    expect(rig.lines).toEqual(['destroy @ 0 (injected: x)'])
  })
})

describe('a fault that leaves', () => {
  test('lets go at once what only it held', () => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 1000 }))
    rig.receive('a')
    rig.receive('b', 10)
    rig.relay.sourceEnded()
    rig.clock.advance(10)
    rig.faults()
    rig.clock.advance(1)
    expect(rig.lines).toEqual(['"a" @ 21', '"b" @ 21', 'end @ 21'])
    expect(rig.scheduler.size).toBe(0)
    rig.clock.advance(1000)
  })

  test('leaves what others hold in time', () => {
    const rig = new RelayRig()
    const [one, two] = [
      fault('latency', { latency: 100 }, { name: 'one' }),
      fault('latency', { latency: 50 }, { name: 'two' }),
    ]
    rig.faults(one, two)
    rig.receive('a')
    rig.faults(two)
    expect(waiting(rig)).toEqual(['a @ 50'])
  })

  test('lets a reset behind held bytes go with them', () => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 1000 }))
    rig.receive('a')
    rig.relay.sourceFailed('reset', { origin: 'upstream', reason: 'reset' })
    rig.faults()
    rig.clock.advance(1)
    expect(rig.lines).toEqual(['"a" @ 1', 'reset @ 1 (upstream: reset)'])
  })

  test('may end the session: timeout does, behind what others hold', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    rig.faults(slow, fault('timeout', {}, { probability: 0 }))
    rig.receive('held')
    rig.faults(slow)
    expect(rig.lines).toEqual([])
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['"held" @ 100', 'destroy @ 100 (injected: timeout)'])
  })

  test('ends it even where the draw had spared it', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { probability: 0 }))
    rig.receive('through')
    expect(rig.chain.names).toEqual([])
    rig.faults()
    expect(rig.lines).toEqual(['"through" @ 0', 'destroy @ 0 (injected: timeout)'])
  })

  test('because it moves to the other direction is gone from this one', () => {
    const rig = new RelayRig()
    rig.faults(fault('noop'))
    rig.faults(fault('noop', {}, { direction: 'upstream' }))
    expect(rig.over).toBe(false)
    expect(rig.chain.names).toEqual([])
  })

  /**
   * The chain went on with its update after the session had ended in the middle of it, and scheduled the wakers of the ended session: it
   * stayed in the scheduler for as long as the timeout that was left.
   */
  test('and ends the session leaves nothing of the others scheduled', () => {
    const rig = new RelayRig()
    const [gone, left] = [fault('timeout', {}, { name: 'gone' }), fault('timeout', { timeout: 1e6 }, { name: 'left' })]
    rig.faults(gone, left)
    expect(rig.scheduler.size).toBe(1)
    rig.faults(left)
    expect(rig.lines).toEqual(['destroy @ 0 (injected: gone)'])
    expect(rig.scheduler.size).toBe(0)
  })

  /**
   * When one fault was updated and another removed in the same change, the removal ran the chain while the replaced stage was still on the
   * list of wakers: it was scheduled again, and fired at its old time from outside the chain.
   */
  test('does not bring back a stage that was replaced in the same change', () => {
    const rig = new RelayRig()
    const reset = fault('reset_peer', { timeout: 100 })
    const other = fault('reset_peer', { timeout: 100 }, { name: 'other' })
    rig.faults(reset, other)
    rig.receive('swallowed')
    rig.faults(updated(reset, { timeout: 5000 }))
    rig.clock.advance(4000)
    expect(rig.lines).toEqual([])
    rig.clock.advance(1000)
    expect(rig.lines).toEqual(['reset @ 5000 (injected: reset_peer)'])
    expect(rig.scheduler.size).toBe(0)
  })
})

describe('a stage that wakes', () => {
  test('is called at its time, though nothing comes in', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', { timeout: 100 }))
    rig.receive('x', 50)
    rig.clock.advance(99)
    expect(rig.lines).toEqual([])
    rig.clock.advance(1)
    expect(rig.lines).toEqual(['destroy @ 150 (injected: timeout)'])
    expect(rig.scheduler.size).toBe(0)
  })

  test('counts from when what waits in front of it comes out', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    const reset = fault('reset_peer', { timeout: 20 })
    rig.faults(slow)
    rig.receive('swallowed')
    rig.faults(slow, reset)
    rig.receive('swallowed too', 10)
    rig.clock.advance(1000)
    expect(rig.lines).toEqual(['reset @ 120 (injected: reset_peer)'])
  })
})

describe('the draw', () => {
  test('is made once per session, and stands while parameters change', () => {
    const selected = new Set<boolean>()
    for (let ordinal = 1; ordinal <= 20; ordinal++) {
      const rig = new RelayRig({ ordinal })
      let chance = fault('noop', {}, { probability: 0.5 })
      rig.faults(chance)
      const drawn = rig.chain.names.length === 1
      selected.add(drawn)
      for (let change = 0; change < 10; change++) {
        chance = updated(chance, {})
        rig.faults(chance)
        expect(rig.chain.names.length === 1).toBe(drawn)
      }
      expect(rig.counters.ofFault('noop')).toMatchObject({ seen: 1, selected: drawn ? 1 : 0 })
    }
    expect(selected.size).toBe(2)
  })

  test('is made anew when the plan says so, and counted', () => {
    const rig = new RelayRig()
    const chance = fault('latency', { latency: 100 }, { probability: 0 })
    rig.faults(chance)
    rig.receive('a')
    rig.faults(redrawn(chance, 1))
    rig.receive('b')
    rig.clock.advance(100)
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 100'])
    expect(rig.counters.ofFault('latency')).toMatchObject({ seen: 2, selected: 1, applied: 1 })
  })

  test('a fault that loses its session lets go what it held', () => {
    const rig = new RelayRig()
    const slow = fault('latency', { latency: 100 })
    rig.faults(slow)
    rig.receive('a')
    rig.faults(redrawn(slow, 0))
    rig.clock.advance(1)
    expect(rig.lines).toEqual(['"a" @ 1'])
  })

  test('same seed, proxy, ordinal and name: same draws, whatever else there is', () => {
    for (let ordinal = 1; ordinal <= 30; ordinal++) expect(selects(ordinal, ['a', 'b'])).toBe(selects(ordinal, []))
  })
})

test('the same list again changes nothing', () => {
  const rig = new RelayRig()
  const faults = [fault('bandwidth', { rate: 1000 }), fault('timeout', { timeout: 100 }, { probability: 0 })]
  rig.faults(...faults)
  rig.receive(Buffer.alloc(100))
  const before = waiting(rig)
  rig.faults(...faults)
  expect(waiting(rig)).toEqual(before)
})

test('random changes of timing faults on held bytes lose, double and reorder none', () => {
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state % below
  }
  for (let run = 0; run < 40; run++) {
    const rig = new RelayRig({ ordinal: run + 1 })
    let sent = ''
    for (let step = 0; step < 60; step++) {
      const text = `${run}.${step};`
      sent += text
      rig.receive(text, random(20))
      const makes = [
        () => fault('latency', { latency: random(200), jitter: random(100) }),
        () => fault('bandwidth', { rate: random(4) === 0 ? 0 : 1 + random(2000) }),
        () => fault('slicer', { average_size: random(4), size_variation: random(2), delay: random(5) }),
        () => fault('slow_close', { delay: random(100) }),
        () => fault('noop'),
      ]
      rig.faults(...makes.filter(() => random(2) === 0).map((make) => make()))
    }
    rig.relay.sourceEnded()
    rig.faults()
    rig.clock.advance(1)
    expect(rig.text).toBe(sent)
    expect(rig.lines.at(-1)).toMatch(/^end/)
    expect(rig.shared.budget.used).toBe(0)
    expect(rig.scheduler.size).toBe(0)
  }
})

describe('a draw that takes a stage out', () => {
  // The stage had swallowed bytes, and the session went on with a hole in its stream.
  test('ends the session where the stage has swallowed bytes', () => {
    const rig = new RelayRig()
    const reset = fault('reset_peer', { timeout: 1000 })
    rig.faults(reset)
    rig.receive('swallowed')
    rig.faults(redrawn(reset, 0))
    expect(rig.lines).toEqual(['reset @ 0 (injected: reset_peer)'])
  })

  test('leaves it alone where it has not', () => {
    const rig = new RelayRig()
    const reset = fault('reset_peer', { timeout: 1000 })
    rig.faults(reset)
    rig.faults(redrawn(reset, 0))
    rig.receive('through', 5)
    expect(rig.lines).toEqual(['"through" @ 5'])
  })
})

describe('a fault that is removed', () => {
  // The end of a delay for 4900 sessions took 130 ms, in which no admin call was answered: a stage without last words was let into the chain
  // to say them, and with it everything that waited went at once.
  test.each([{}, { limits: { maxInjections: 9 } }])('lets go what waited in a turn of its own (%o)', (options) => {
    const rig = new RelayRig()
    rig.faults(fault('latency', { latency: 100 }, options))
    rig.receive('a')
    rig.faults()
    expect(rig.lines).toEqual([])
    rig.clock.advance(1)
    expect(rig.text).toBe('a')
  })

  // Removing a `timeout` closed every session of the proxy, those of clients that it was never meant for too.
  test('ends no session that it was not meant for', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { match: { client: ['10.0.0.0/8'] } }))
    rig.receive('a')
    rig.faults()
    rig.receive('b', 1)
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 1'])
  })

  test('ends no session that it has gone by, because others had used it up', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { limits: { maxInjections: 1 } }))
    const [timeout] = rig.faultSet.now
    if (timeout !== undefined) timeout.work.counters.applied++
    rig.receive('a')
    rig.faults()
    rig.receive('b', 1)
    expect(rig.lines).toEqual(['"a" @ 0', '"b" @ 1'])
  })

  test('ends those that the draw has spared', () => {
    const rig = new RelayRig()
    rig.faults(fault('timeout', {}, { probability: 0 }))
    rig.faults()
    expect(rig.lines).toEqual(['destroy @ 0 (injected: timeout)'])
  })
})
