import { describe, expect, test } from 'vitest'
import { effectOf, faultDefinition } from '../../../src/faults/index.ts'
import { FaultChain, SharedObjects, type TestFault } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const idleKill = (how: string, after = 300): TestFault => ({ type: 'idle_kill', params: { after, how } })
const BY = '(injected: idle_kill)'

/** Both directions of one session. */
function session(fault: TestFault) {
  const clock = new ManualClock()
  const shared = new SharedObjects()
  const up = new FaultChain([fault], { clock, shared, direction: 'upstream' })
  const down = new FaultChain([fault], { clock, shared, direction: 'downstream' })
  return { clock, up, down, lines: () => [...up.lines, ...down.lines], records: () => [...up.records, ...down.records] }
}

describe('activity', () => {
  test('bytes in either direction keep the session', () => {
    const { clock, up, down, lines, records } = session(idleKill('close'))
    for (const at of [200, 400, 699]) {
      clock.advanceTo(at)
      const chain = at === 400 ? down : up
      chain.send(`at ${at}`)
    }
    clock.advanceTo(998)
    down.send('last')
    clock.advanceTo(5000)
    expect(up.lines.slice(0, 2)).toEqual(['"at 200" @ 200', '"at 699" @ 699'])
    expect(down.lines.slice(0, 2)).toEqual(['"at 400" @ 400', '"last" @ 998'])
    expect(lines().filter((line) => line.startsWith('destroy'))).toEqual([`destroy @ 1298 ${BY}`])
    expect(records()).toEqual(['idle_kill: close @ 1298'])
  })

  test('bytes exactly when the time is over come too late', () => {
    const chain = new FaultChain([idleKill('silent')])
    chain.advanceTo(299)
    chain.send('in time')
    chain.advanceTo(599)
    chain.send('too late')
    expect(chain.lines).toEqual(['"in time" @ 299'])
  })

  test('a close is no activity, and a half closed session expires', () => {
    const chain = new FaultChain([idleKill('reset')])
    chain.advanceTo(100)
    chain.end()
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['end @ 100', `reset @ 300 ${BY}`])
  })

  test('bytes count when they come out of a delay in front, and not while they wait there for ever', () => {
    const late = new FaultChain([{ type: 'latency', params: { latency: 200 } }, idleKill('close')])
    late.advanceTo(50)
    late.send('x')
    late.advanceTo(5000)
    expect(late.lines).toEqual(['"x" @ 250', `destroy @ 550 ${BY}`])
    const never = new FaultChain([{ type: 'bandwidth', params: { rate: 0 } }, idleKill('reset')])
    never.advanceTo(50)
    never.send('x')
    never.advanceTo(299)
    expect(never.records).toEqual([])
    never.advanceTo(300)
    expect(never.records).toEqual(['idle_kill: reset @ 300'])
  })
})

describe('how', () => {
  test('silent: bytes, closes and resets of both directions vanish for good', () => {
    const { clock, up, down, lines, records } = session(idleKill('silent'))
    clock.advanceTo(300)
    up.send('x')
    down.send('y')
    clock.advanceTo(310)
    up.send('x')
    up.end()
    down.abort('reset')
    clock.advanceTo(5000)
    expect(lines()).toEqual([])
    expect(records()).toEqual(['idle_kill: expired @ 300 {"ms":300}'])
    expect(up.applied('idle_kill')).toBe(3)
    expect(down.applied('idle_kill')).toBe(2)
  })

  test.each([
    ['reset', 'reset'],
    ['close', 'destroy'],
  ])('%s: at once, by one of the directions', (how, word) => {
    const { clock, up, down, lines } = session(idleKill(how))
    clock.advanceTo(5000)
    expect(lines()).toEqual([`${word} @ 300 ${BY}`])
    expect(up.applied('idle_kill') + down.applied('idle_kill')).toBe(1)
  })

  test.each(['upstream', 'downstream'] as const)(
    'reset-on-use: nothing until something comes, here %s',
    (direction) => {
      const { clock, up, down, lines, records } = session(idleKill('reset-on-use'))
      clock.advanceTo(1000)
      expect(lines()).toEqual([])
      const user = direction === 'upstream' ? up : down
      user.send('hello?')
      expect(user.lines).toEqual([`reset @ 1000 ${BY}`])
      expect(lines()).toHaveLength(1)
      expect(records()).toEqual(['idle_kill: expired @ 300 {"ms":300}', 'idle_kill: reset @ 1000'])
      expect(user.applied('idle_kill')).toBe(1)
    },
  )

  test('reset-on-use: a close is a use, too', () => {
    const chain = new FaultChain([idleKill('reset-on-use')])
    chain.advanceTo(1000)
    chain.end()
    expect(chain.lines).toEqual([`reset @ 1000 ${BY}`])
  })

  test('silent: what another fault does to the session is not stopped', () => {
    const chain = new FaultChain([{ type: 'lifetime', params: { after: 500 } }, idleKill('silent')])
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['destroy @ 500 (injected: lifetime)'])
  })

  test('a session that was ended is not ended again', () => {
    const chain = new FaultChain([idleKill('reset')])
    chain.advanceTo(100)
    chain.abort('reset')
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['reset @ 100 (client: reset)'])
    expect(chain.records).toEqual([])
  })

  test('decides about the effect', () => {
    const definition = faultDefinition('idle_kill')
    if (definition === undefined) throw new Error('no idle_kill')
    expect(effectOf(definition, { how: 'silent' })).toBe('loss')
    expect(effectOf(definition, { how: 'reset-on-use' })).toBe('ending')
  })
})

describe('live changes', () => {
  test('on an old session the time begins when the fault is added', () => {
    const chain = new FaultChain()
    chain.advanceTo(1000)
    chain.set(idleKill('close'))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 1300 ${BY}`])
  })

  test.each([
    { to: 500, at: 600, why: 'later' },
    { to: 150, at: 250, why: 'sooner' },
    { to: 10, at: 200, why: 'not before now' },
  ])('an update counts from the last activity: $why', ({ to, at }) => {
    const chain = new FaultChain([idleKill('close')])
    chain.advanceTo(100)
    chain.send('x')
    chain.advanceTo(200)
    chain.set(idleKill('close', to))
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['"x" @ 100', `destroy @ ${at} ${BY}`])
  })

  test('who was forgotten stays so, and an update to reset tells them', () => {
    const chain = new FaultChain([idleKill('silent')])
    chain.advanceTo(400)
    chain.set(idleKill('silent', 10_000))
    chain.send('vanishes')
    chain.advanceTo(500)
    expect(chain.lines).toEqual([])
    chain.set(idleKill('reset', 10_000))
    chain.advanceTo(501)
    expect(chain.lines).toEqual([`reset @ 500 ${BY}`])
    expect(chain.records).toEqual(['idle_kill: expired @ 300 {"ms":300}', 'idle_kill: reset @ 500'])
  })

  test('removing it after something vanished closes the session, once', () => {
    const { clock, up, down, lines } = session(idleKill('silent'))
    clock.advanceTo(400)
    up.send('vanishes')
    clock.advanceTo(500)
    down.set()
    up.set()
    expect(lines()).toEqual([`destroy @ 500 ${BY}`])
  })

  test.each(['silent', 'reset-on-use'])('removing it before that lets a forgotten session go on: %s', (how) => {
    const chain = new FaultChain([idleKill(how)])
    chain.advanceTo(400)
    chain.set()
    chain.send('passes')
    expect(chain.lines).toEqual(['"passes" @ 400'])
  })

  test('what passed while the session was spared is not held against it', () => {
    const fault = idleKill('close')
    const chain = new FaultChain([fault])
    chain.advanceTo(100)
    chain.set({ ...fault, selected: false })
    chain.advanceTo(1000)
    chain.set({ ...fault })
    chain.advanceTo(5000)
    expect(chain.lines).toEqual([`destroy @ 1300 ${BY}`])
  })
})
