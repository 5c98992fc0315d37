import assert from 'node:assert/strict'
import { FoulweatherError } from '../../src/core/errors.ts'
import type { FaultPlan, PlanChange, ProxyPlan } from '../../src/core/plan.ts'
import type { LocalDataPlane, ProxyOutcome, ProxySnapshot, SessionInfo } from '../../src/engine/data-plane.ts'
import { createLocalDataPlane, type DataPlaneOptions } from '../../src/engine/local-data-plane.ts'
import { ReadMemory } from '../../src/engine/read-memory.ts'
import { Scheduler } from '../../src/engine/scheduler.ts'
import { faultFactory } from '../../src/faults/index.ts'
import { Peer } from './peers.ts'
import { eventually } from './wait.ts'

/**
 * What the engine must not do and nobody outside can see, watched from inside for every test of the process: memory given back
 * twice (two sessions would read into it), and tasks that stay scheduled.
 */
const schedulers = new Set<Scheduler>()
const cellsOut = new WeakSet<Buffer>()
const bigIn = new WeakSet<Buffer>()
let violations: string[] = []

/** Has `look` told of every call of a method, with its result, before the caller goes on. */
function watch(prototype: object, name: string, look: (self: object, args: unknown[], result: unknown) => void): void {
  const original: unknown = Reflect.get(prototype, name)
  if (typeof original !== 'function') throw new Error(`no method ${name}`)
  Reflect.set(prototype, name, function watched(this: object, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(original, this, args)
    look(this, args, result)
    return result
  })
}

watch(Scheduler.prototype, 'schedule', (self, [, at]) => {
  if (self instanceof Scheduler) schedulers.add(self)
  if (Number.isNaN(at)) violations.push('something was scheduled for NaN')
})
watch(ReadMemory.prototype, 'takeCell', (_self, _args, cell) => {
  if (!Buffer.isBuffer(cell) || cellsOut.has(cell)) violations.push('a cell was handed out twice')
  else cellsOut.add(cell)
})
watch(ReadMemory.prototype, 'giveBackCell', (_self, [cell]) => {
  if (!Buffer.isBuffer(cell) || !cellsOut.delete(cell)) violations.push('a cell was given back twice')
})
watch(ReadMemory.prototype, 'takeBig', (_self, _args, big) => {
  if (Buffer.isBuffer(big)) bigIn.delete(big)
})
watch(ReadMemory.prototype, 'giveBackBig', (_self, [big]) => {
  if (!Buffer.isBuffer(big) || bigIn.has(big)) violations.push('a big buffer was given back twice')
  else bigIn.add(big)
})

function listening(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSERVERWRAP' || kind === 'TCPServerWrap').length
}

/** The data plane in this process, over real sockets. Disposal closes it and checks that nothing of it is left. */
export class EngineRig implements AsyncDisposable {
  readonly plane: LocalDataPlane
  readonly ended: SessionInfo[] = []
  readonly #listening = listening()
  readonly #made: RigProxy[] = []
  #proxies = 0

  constructor(options: Partial<DataPlaneOptions> = {}) {
    schedulers.clear()
    violations = []
    this.plane = createLocalDataPlane({ seed: 1, factory: faultFactory, ...options })
    this.plane.events.on('session-ended', (info) => this.ended.push(info))
  }

  /** A running proxy in front of `upstream`, on a free port of 127.0.0.1 unless the plan says otherwise. */
  async proxy(upstream: string | { readonly address: string }, plan: Partial<ProxyPlan> = {}): Promise<RigProxy> {
    const full: ProxyPlan = {
      name: `proxy-${++this.#proxies}`,
      listen: '127.0.0.1:0',
      upstream: typeof upstream === 'string' ? upstream : upstream.address,
      enabled: true,
      protocol: 'tcp',
      faults: [],
      ...plan,
    }
    const proxy = new RigProxy(this, full)
    this.#made.push(proxy)
    const outcome = await proxy.change({})
    if (outcome.error !== undefined) throw outcome.error
    return proxy
  }

  /** The ended session of `proxy` that came as number `index`, in the order of their ends. */
  async end(index = 0): Promise<SessionInfo> {
    return await eventually(`${index + 1} sessions have ended`, () => this.ended[index])
  }

  /** `origin:reason` of the session that ended as number `index`. */
  async ending(index = 0): Promise<string> {
    const { ending } = await this.end(index)
    return `${ending?.origin}:${ending?.reason}`
  }

  async allEnded(): Promise<void> {
    await eventually('all sessions have ended', () => this.plane.sessions().length === 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not by closing: that forgets what is scheduled.
    for (const { id } of this.plane.sessions()) this.plane.kill(id)
    await this.allEnded()
    assert.equal(this.plane.snapshot().held.bytes, 0, 'bytes are held after all sessions have ended')
    // Windows, ramps and doors have their times as long as there is a fault.
    for (const proxy of this.#made) if (!proxy.removed && proxy.plan.faults.length > 0) await proxy.faults()
    const scheduled = Array.from(schedulers, (one) => one.size).filter((size) => size > 0)
    assert.deepEqual(scheduled, [], 'tasks stay scheduled')
    await this.plane.close()
    assert.deepEqual(violations, [])
    for (const { name, sessions } of this.plane.snapshot().proxies) {
      const endings = Object.values(sessions.endings).reduce((sum, count) => sum + count, 0)
      assert.deepEqual([sessions.active, endings], [0, sessions.total], `not every session of ${name} has ended`)
    }
    await eventually('its listeners are gone', () => listening() <= this.#listening)
  }
}

export class RigProxy {
  readonly #rig: EngineRig
  plan: ProxyPlan
  /** Bound address, canonical. */
  listen: string

  constructor(rig: EngineRig, plan: ProxyPlan) {
    this.#rig = rig
    this.plan = plan
    this.listen = plan.listen
  }

  get name(): string {
    return this.plan.name
  }

  get port(): number {
    return Number(this.listen.split(':').at(-1))
  }

  /** Puts a change in force. Once it runs, the plan names the bound address, as the control plane has it. */
  async change(part: Partial<ProxyPlan>, how: Pick<PlanChange, 'mercy'> = {}): Promise<ProxyOutcome> {
    this.plan = { ...this.plan, ...part }
    const [outcome] = await this.#rig.plane.apply({ put: [this.plan], ...how })
    if (outcome === undefined) throw new Error('a change without an outcome')
    if (outcome.running) {
      this.listen = outcome.listen
      this.plan = { ...this.plan, listen: outcome.listen }
    }
    return outcome
  }

  async faults(...faults: readonly FaultPlan[]): Promise<void> {
    await this.change({ faults })
  }

  removed = false

  async remove(): Promise<void> {
    this.removed = true
    await this.#rig.plane.apply({ remove: [this.name] })
  }

  async connect(): Promise<Peer> {
    return await Peer.connect(this.port)
  }

  /** A client whose session is open. */
  async client(): Promise<Peer> {
    const client = await this.connect()
    await eventually('the session is open', () =>
      this.sessions().some((session) => session.client === `127.0.0.1:${client.port}` && session.state === 'open'),
    )
    return client
  }

  sessions(): readonly SessionInfo[] {
    return this.#rig.plane.sessions({ proxy: this.name })
  }

  get snapshot(): ProxySnapshot {
    const found = this.#rig.plane.snapshot().proxies.find(({ name }) => name === this.name)
    if (found === undefined) throw new Error(`no snapshot of ${this.name}`)
    return found
  }
}

/** The text of the refusal in `outcome`. */
export function refusal(outcome: ProxyOutcome): string {
  if (!(outcome.error instanceof FoulweatherError)) throw new Error(`${outcome.name} was not refused`)
  return outcome.error.message
}
