import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { FaultPlan, ProxyPlan } from '../../../src/core/plan.ts'
import { DecisionLog } from '../../../src/engine/decision-log.ts'
import { FaultSet } from '../../../src/engine/fault-set.ts'
import { Limits } from '../../../src/engine/limits.ts'
import { needsPreamble } from '../../../src/engine/preamble.ts'
import { ProxyCounters } from '../../../src/engine/proxy-counters.ts'
import { Scheduler } from '../../../src/engine/scheduler.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function needs(plan: Partial<ProxyPlan>, ...faults: readonly FaultPlan[]): boolean {
  const clock = new ManualClock()
  const limits = new Limits({ clock, decisions: new DecisionLog(1, 10), events: new EventEmitter() })
  const scheduler = new Scheduler(clock)
  const set = new FaultSet({ clock, scheduler, limits, factory: faultFactory }, 'p', new ProxyCounters(), () => {})
  set.update(faults, 0)
  const common = { name: 'p', listen: ':1', upstream: ':2', enabled: true, protocol: 'tcp', faults } as const
  return needsPreamble({ ...common, ...plan }, set.now, faultFactory)
}

describe('a session begins at once', () => {
  test.each<[string, Partial<ProxyPlan>, readonly FaultPlan[]]>([
    ['where nothing is asked for', {}, []],
    ['with TLS to the upstream alone', { tls: { upstream: {} } }, []],
    ['with a header that is only sent', { proxyProtocol: { send: 'v2' } }, []],
    ['with a header that is not accepted', { proxyProtocol: { accept: false } }, []],
    ['with a look that is not wanted', { tls: { peek: false } }, []],
    ['with other faults', {}, [fault('latency'), fault('hang'), fault('reject', {}, { match: { client: ['::1'] } })]],
    ['while the window of a fault on handshakes is closed', {}, [fault('tls_stall', {}, { schedule: { after: 10 } })]],
  ])('%s', (_, plan, faults) => {
    expect(needs(plan, ...faults)).toBe(false)
  })
})

describe('something has to be read first', () => {
  test.each<[string, Partial<ProxyPlan>, readonly FaultPlan[]]>([
    ['where TLS is spoken to clients', { tls: { listen: {} } }, []],
    ['where a header is accepted', { proxyProtocol: { accept: true } }, []],
    ['where a look is wanted', { tls: { peek: true } }, []],
    ['for a fault on handshakes', {}, [fault('latency'), fault('tls_delay', { delay: 1 })]],
    ['for a fault that goes by the name', {}, [fault('latency', {}, { match: { sni: ['x'] } })]],
    [
      'for one that goes by the name and works later, perhaps on who comes now',
      {},
      [fault('latency', {}, { match: { sni: ['x'] }, schedule: { after: 10 } })],
    ],
  ])('%s', (_, plan, faults) => {
    expect(needs(plan, ...faults)).toBe(true)
  })
})
