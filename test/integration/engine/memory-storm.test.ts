import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { FaultPlan } from '../../../src/core/plan.ts'
import { randomFor, type Random } from '../../../src/core/random.ts'
import { checkedBytes, StreamChecker } from '../../support/checked-stream.ts'
import { fault } from '../../support/engine-rig-faults.ts'
import { EngineRig, type RigProxy } from '../../support/engine-rig.ts'
import { Upstream } from '../../support/peers.ts'

const SECONDS = Number(process.env['STORM_SECONDS'] ?? 4)
const SEED = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000)
const SESSIONS = 30

/** What holds big buffers, cuts them up, drops parts of them, and ends sessions with writes under way. */
function faultsOf(random: Random): readonly FaultPlan[] {
  const both = { direction: 'both' } as const
  const all = [
    fault('slicer', { average_size: 300 + 9000 * random.next(), delay: random.next() }, both),
    fault('latency', { latency: 60 * random.next(), jitter: 20 }, both),
    fault('bandwidth', { rate: 20_000_000 }, both),
    fault('limit_data', { bytes: Math.floor(5_000_000 * random.next()) }),
    fault('timeout', { timeout: 50 }, { direction: 'upstream', probability: 0.2 }),
    fault('reset_peer', { timeout: 20, trigger: 'connect' }, { probability: 0.2 }),
    fault('half_open', { after: 100 }, { ...both, probability: 0.2 }),
    fault('noop', {}, { name: 'out', existing: 'reset', probability: 0.1 }),
  ]
  return all.filter(() => random.next() < 0.4)
}

/** A client of an echo; what comes back has to be the beginning of what it sent, however its session ends. */
async function session(rig: EngineRig, proxy: RigProxy, seed: number, until: number): Promise<string | undefined> {
  const random = randomFor(seed, 'client')
  const checker = new StreamChecker(seed)
  const socket = connect({ host: '127.0.0.1', port: proxy.port, noDelay: true })
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => checker.feed(bytes))
  const end = Math.min(until, performance.now() + 50 + 900 * random.next())
  for (let sent = 0; performance.now() < end && !socket.destroyed;) {
    const size = Math.ceil(200_000 ** random.next())
    socket.write(checkedBytes(seed, sent, size))
    sent += size
    if (random.next() < 0.1) socket.pause()
    if (random.next() < 0.2) socket.resume()
    await sleep(5 * random.next())
    while (socket.writableNeedDrain && performance.now() < end && !socket.destroyed) await sleep(3)
  }
  leave(rig, proxy, socket, random.next())
  return checker.error?.message
}

function leave(rig: EngineRig, proxy: RigProxy, socket: Socket, how: number): void {
  const id = proxy.sessions()[0]?.id
  if (how < 0.4) socket.resetAndDestroy()
  else if (how < 0.6 && id !== undefined) rig.plane.kill(id)
  socket.destroy()
}

// Big buffers come back to the pool in the parts that a slicer has made of them, while other parts wait, are dropped, or are lost with a session that is
// reset: a part that came back too early, or twice, would show as bytes of one session in the stream of another.
test.each([true, false])(
  `sessions that end in every way give no memory back that is still in use (STORM_SEED=${SEED}, acceptHandles: %s)`,
  { timeout: SECONDS * 1000 + 60_000 },
  async (acceptHandles) => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig({ seed: SEED, acceptHandles })
    const proxy = await rig.proxy(echo)
    const until = performance.now() + (SECONDS / 2) * 1000
    const problems: string[] = []
    let sessions = 0
    const clients = async (index: number): Promise<void> => {
      for (let turn = 0; performance.now() < until; turn++) {
        const seed = SEED + index * 1000 + turn
        const problem = await session(rig, proxy, seed, until)
        if (problem !== undefined) problems.push(`stream ${seed}: ${problem}`)
        sessions++
      }
    }
    const changes = async (): Promise<void> => {
      const random = randomFor(SEED, 'faults')
      for (; performance.now() < until; await sleep(60 * random.next())) await proxy.faults(...faultsOf(random))
    }
    await Promise.all([changes(), ...Array.from({ length: SESSIONS }, (_, index) => clients(index))])
    expect(problems).toEqual([])
    expect(sessions).toBeGreaterThan(SESSIONS)
  },
)
