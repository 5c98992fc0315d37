import { describe, expect, test } from 'vitest'
import { parseParams } from '../../../src/faults/index.ts'
import { FaultChain, SharedObjects, type TestFault } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const stall = (params: Readonly<Record<string, unknown>> = {}): TestFault => ({
  type: 'stall',
  params: { every: 1000, for: 200, ...params },
})

function sendAt(chain: FaultChain, ...times: readonly number[]): void {
  for (const at of times) {
    chain.advanceTo(at)
    chain.send(`at ${at}`)
  }
}

test('what comes during a stall waits until it is over; all else is not touched', () => {
  const chain = new FaultChain([stall()])
  sendAt(chain, 0, 199, 999, 1000, 1001, 1199, 1200, 1999, 2000)
  chain.advanceTo(5000)
  expect(chain.lines).toEqual([
    '"at 0" @ 0',
    '"at 199" @ 199',
    '"at 999" @ 999',
    '"at 1000" @ 1200',
    '"at 1001" @ 1200',
    '"at 1199" @ 1200',
    '"at 1200" @ 1200',
    '"at 1999" @ 1999',
    '"at 2000" @ 2200',
  ])
  expect(chain.applied('stall')).toBe(4)
})

test('each stall is put on record once, when it first meets something', () => {
  const chain = new FaultChain([stall()])
  sendAt(chain, 1050, 1100, 3199, 3200)
  chain.advanceTo(9000)
  expect(chain.records).toEqual(['stall: stall @ 1050 {"ms":200}', 'stall: stall @ 3199 {"ms":200}'])
})

test('a close and a reset wait as well', () => {
  const closed = new FaultChain([stall()])
  closed.advanceTo(1100)
  closed.end()
  closed.advanceTo(5000)
  expect(closed.lines).toEqual(['end @ 1200'])
  const reset = new FaultChain([stall()])
  reset.advanceTo(1100)
  reset.abort('reset')
  reset.advanceTo(5000)
  expect(reset.lines).toEqual(['reset @ 1200 (client: reset)'])
})

test('the sender may go on shortly before the end', () => {
  const chain = new FaultChain([stall()])
  sendAt(chain, 500)
  expect(chain.welcomeAt).toBe(-Infinity)
  sendAt(chain, 1050)
  expect(chain.welcomeAt).toBe(1180)
})

test('what a delay in front lets out during a stall waits, and what it lets out after it does not', () => {
  const chain = new FaultChain([{ type: 'latency', params: { latency: 100 } }, stall()])
  sendAt(chain, 850, 950, 1150)
  chain.advanceTo(5000)
  expect(chain.lines).toEqual(['"at 850" @ 950', '"at 950" @ 1200', '"at 1150" @ 1250'])
})

test('the beginning of a stall is met exactly, however far away', () => {
  const chain = new FaultChain([stall({ every: 0.3, for: 0.1 })])
  for (let number = 1; number < 2000; number++) {
    chain.advanceTo(number * 0.3)
    chain.send('x')
  }
  expect(chain.applied('stall')).toBe(1999)
})

test('with for: 0 nothing happens', () => {
  const chain = new FaultChain([stall({ for: 0 })])
  sendAt(chain, 1000, 2000)
  expect(chain.lines).toEqual(['"at 1000" @ 1000', '"at 2000" @ 2000'])
  expect(chain.applied('stall')).toBe(0)
})

describe('who shares a path', () => {
  test('both directions, and sessions that come later, stall together', () => {
    const shared = new SharedObjects()
    const clock = new ManualClock()
    const up = new FaultChain([stall()], { shared, clock, direction: 'upstream' })
    clock.advanceTo(700)
    const down = new FaultChain([stall()], { shared, clock, direction: 'downstream' })
    clock.advanceTo(1100)
    up.send('up')
    down.send('down')
    clock.advanceTo(5000)
    expect([...up.lines, ...down.lines]).toEqual(['"up" @ 1200', '"down" @ 1200'])
    expect([...up.records, ...down.records]).toEqual(['stall: stall @ 1100 {"ms":200}'])
  })

  test('sessions of their own count from when each of them met the fault', () => {
    const clock = new ManualClock()
    const early = new FaultChain([stall({ scope: 'session' })], { clock })
    clock.advanceTo(700)
    const late = new FaultChain([stall({ scope: 'session' })], { clock })
    clock.advanceTo(1100)
    early.send('early')
    late.send('late')
    clock.advanceTo(1750)
    late.send('later')
    clock.advanceTo(5000)
    expect([...early.lines, ...late.lines]).toEqual(['"early" @ 1200', '"late" @ 1100', '"later" @ 1900'])
  })

  test('the chance is the same for all, and for what passes again', () => {
    const shared = new SharedObjects()
    const clock = new ManualClock()
    const params = { every: 1000, for: 300, jitter: 200 }
    const chains = ['upstream', 'downstream'] as const
    const [up, down] = chains.map(
      (direction) => new FaultChain([{ type: 'stall', params }], { shared, clock, direction }),
    )
    const ends: number[] = []
    for (let number = 1; number <= 200; number++) {
      clock.advanceTo(number * 1000)
      up?.send('x')
      // Later ones first meet the same stall in the other direction.
      clock.advanceTo(number * 1000 + 50)
      down?.send('x')
      // Passed again, through a chain that has got another stage.
      up?.set({ type: 'stall', params }, { type: 'noop' })
      clock.advanceTo(number * 1000 + 600)
      const [a, b] = [up, down].map((chain) => chain?.delivered.at(-1)?.at)
      expect(a).toBe(b)
      ends.push((a ?? NaN) - number * 1000)
    }
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(100)
    expect(Math.min(...ends)).toBeLessThan(120)
    expect(Math.max(...ends)).toBeLessThan(500)
    expect(Math.max(...ends)).toBeGreaterThan(480)
  })
})

describe('live changes', () => {
  test('removing delivers at once', () => {
    const chain = new FaultChain([stall()])
    sendAt(chain, 1050)
    chain.advanceTo(1100)
    chain.set()
    expect(chain.lines).toEqual(['"at 1050" @ 1100'])
  })

  test('an update keeps the start and times what is held anew', () => {
    const chain = new FaultChain([stall()])
    sendAt(chain, 1050)
    chain.advanceTo(1100)
    chain.set(stall({ for: 500 }))
    sendAt(chain, 1499, 1500, 2000)
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"at 1050" @ 1500', '"at 1499" @ 1500', '"at 1500" @ 1500', '"at 2000" @ 2500'])
  })

  test('on an old session it begins when it is added', () => {
    const chain = new FaultChain()
    chain.advanceTo(10_000)
    chain.set(stall())
    sendAt(chain, 10_999, 11_000)
    chain.advanceTo(20_000)
    expect(chain.lines).toEqual(['"at 10999" @ 10999', '"at 11000" @ 11200'])
  })
})

test.each([{ for: 1000 }, { for: 5000 }, { for: 900, jitter: 100 }])(
  'a stall that does not end before the next one is refused: %j',
  (wrong) => {
    const given = { every: 1000, ...wrong }
    expect(() => parseParams('stall', given)).toThrow(
      `for: expected a stall that, with \`jitter\` added, is shorter than \`every\`, got ${wrong.for}`,
    )
  },
)

// The number of such a stall is beyond all numbers: it never ended.
test('stalls too short to be counted hold nothing back', () => {
  const chain = new FaultChain([{ type: 'stall', params: { every: 1e-310, for: 0 } }])
  chain.advanceTo(10)
  chain.send('x')
  chain.end()
  expect(chain.lines).toEqual(['"x" @ 10', 'end @ 10'])
})
