import { afterEach, describe, expect, test } from 'vitest'
import type { ProxyPlan } from '../../../src/core/plan.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import type { Counter } from '../../../src/engine/sharing/counter.ts'
import { createShared } from '../../../src/engine/sharing/shared.ts'
import { SharedMemory } from '../../../src/engine/sharing/shares.ts'
import type { ProxyShare, Sharing } from '../../../src/engine/sharing/sharing.ts'
import { systemClock } from '../../../src/engine/system-clock.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { Peer, Upstream } from '../../support/peers.ts'

const place = (max: number) => fault('max_sessions', { max, beyond: 'queue' })

/** One thread of two, with `around` between the engine and what it shares with the other, which is here as well. */
class OneOfTwo {
  readonly memory = new SharedMemory(2, { clock: systemClock, factory: faultFactory })
  readonly #here = createShared(this.memory.process, 1, () => {})
  readonly #other = createShared(this.memory.process, 2, () => {})
  readonly plane
  #plan: ProxyPlan
  other: ProxyShare | undefined

  constructor(upstream: string, around: (share: ProxyShare) => ProxyShare) {
    this.#plan = { name: 'x', listen: '127.0.0.1:0', upstream, enabled: true, protocol: 'tcp', faults: [] }
    const here = this.#here
    const sharing: Sharing = {
      sessions: here.sessions,
      decisions: here.decisions,
      exchanges: here.exchanges,
      held: here.held,
      heldUp: here.heldUp,
      proxy: (name) => around(here.proxy(name)),
      fault: (...asked) => here.fault(...asked),
      counts: (...asked) => here.counts(...asked),
      gauge: (of) => here.gauge(of),
      nudge: () => {},
    }
    this.plane = createLocalDataPlane({ seed: 1, factory: faultFactory, sharing })
  }

  async put(change: Partial<ProxyPlan>): Promise<void> {
    this.#plan = { ...this.#plan, ...change }
    const shares = this.memory.put([this.#plan], () => 1)
    this.#here.take(shares)
    this.#other.take(shares)
    const [outcome] = await this.plane.apply({ put: [this.#plan] })
    this.#plan = { ...this.#plan, listen: outcome?.listen ?? '' }
    this.other ??= this.#other.proxy('x')
  }

  connect(): Promise<Peer> {
    return Peer.connect(Number(this.#plan.listen.split(':').at(-1)))
  }
}

/** `before` runs ahead of each addition. */
function watched(counter: Counter, before: (by: number) => void): Counter {
  return {
    get value() {
      return counter.value
    },
    add(by) {
      before(by)
      return counter.add(by)
    },
  }
}

describe.runIf(process.platform === 'linux')('a place that two workers look for', () => {
  let rig: OneOfTwo | undefined
  afterEach(() => rig?.plane.close())

  test('and that comes free in the other just before this one is known to wait is not missed', async () => {
    await using upstream = await Upstream.echo()
    rig = new OneOfTwo(upstream.address, (share) => ({
      ...share,
      waiting: watched(share.waiting, (by) => {
        // It has seen nobody wait, so it tells nobody.
        if (by > 0 && rig?.other?.active.value === 1) rig.other.active.add(-1)
      }),
    }))
    await rig.put({ faults: [place(1)] })
    rig.other?.active.add(1)
    using client = await rig.connect()
    await client.ping()
    expect(rig.other?.active.value).toBe(1)
  })

  test('is taken by nobody in between, whoever comes or is let in by a change', async () => {
    await using upstream = await Upstream.echo()
    const comings = watchedRig(upstream)
    await rig?.put({ faults: [place(1)] })
    const clients = [await connected(), await connected(), await connected()]
    await clients[0]?.ping()
    await rig?.put({ faults: [place(3)] })
    await Promise.all(clients.map((client) => client.ping()))
    // Each of three comes, and two of them once more, after they have waited.
    expect(comings).toEqual([true, true, true, true, true])
    for (const client of clients) client.socket.destroy()
  })

  test('is taken by nobody in between when the time of one that was held up has come', async () => {
    await using upstream = await Upstream.echo()
    const comings = watchedRig(upstream)
    await rig?.put({ faults: [fault('accept_delay', { delay: 30 }), place(3)] })
    const client = await connected()
    await client.ping()
    expect(comings).toEqual([true, true])
    client.socket.destroy()
  })

  async function connected(): Promise<Peer> {
    if (rig === undefined) throw new Error('there is no rig')
    return rig.connect()
  }

  /** Answers, as it goes on, of each that comes in whether nobody else could at that moment. */
  function watchedRig(upstream: Upstream): readonly boolean[] {
    let alone = false
    const comings: boolean[] = []
    rig = new OneOfTwo(upstream.address, (share) => ({
      ...share,
      exclusively: (act) =>
        share.exclusively(() => {
          const before = alone
          alone = true
          try {
            return act()
          } finally {
            alone = before
          }
        }),
      active: watched(share.active, (by) => by > 0 && comings.push(alone)),
    }))
    return comings
  }
})
