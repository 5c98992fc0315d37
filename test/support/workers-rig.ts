import type { FaultPlan, ProxyPlan } from '../../src/core/plan.ts'
import type { DataPlane, ProxyOutcome, ProxySnapshot } from '../../src/engine/data-plane.ts'
import { createWorkersDataPlane } from '../../src/engine/workers/workers-data-plane.ts'
import type { WireOptions } from '../../src/engine/workers/messages.ts'
import { faultFactory } from '../../src/faults/index.ts'
import { Peer } from './peers.ts'
import { eventually } from './wait.ts'
import type { Order } from './workers-entry.ts'

const CRASH = 'crash of a thread'

/** A data plane of several threads, over real sockets. */
export class WorkersRig implements AsyncDisposable {
  readonly plane: DataPlane
  #plans = new Map<string, ProxyPlan>()

  private constructor(plane: DataPlane) {
    this.plane = plane
  }

  static async start(workers = 3, options: Partial<WireOptions> = {}): Promise<WorkersRig> {
    const entry = new URL('workers-entry.ts', import.meta.url)
    const plane = await createWorkersDataPlane({
      workers,
      entry,
      factory: faultFactory,
      options: { seed: 1, ...options },
    })
    return new WorkersRig(plane)
  }

  /** Puts a proxy, or changes the one of that name. */
  async put(plan: Partial<ProxyPlan> & { readonly name: string }): Promise<ProxyOutcome> {
    const before = this.#plans.get(plan.name)
    const fresh: ProxyPlan = {
      listen: '127.0.0.1:0',
      upstream: '127.0.0.1:1',
      enabled: true,
      protocol: 'tcp',
      faults: [],
      ...before,
      ...plan,
    }
    const [outcome] = await this.plane.apply({ put: [fresh] })
    if (outcome === undefined) throw new Error(`nothing was said about ${plan.name}`)
    // As the control plane does: the address that was bound is the one that is asked for next time.
    this.#plans.set(plan.name, { ...fresh, listen: outcome.running ? outcome.listen : fresh.listen })
    return outcome
  }

  async faults(name: string, ...faults: readonly FaultPlan[]): Promise<void> {
    await this.put({ name, faults })
  }

  port(name: string): number {
    return Number(this.#plans.get(name)?.listen.split(':').at(-1))
  }

  /** So many clients at once. */
  async clients(name: string, count: number): Promise<readonly Peer[]> {
    return Promise.all(Array.from({ length: count }, () => Peer.connect(this.port(name))))
  }

  async snapshot(name: string): Promise<ProxySnapshot> {
    const { proxies } = await this.plane.snapshot(name)
    const found = proxies.find((proxy) => proxy.name === name)
    if (found === undefined) throw new Error(`no proxy ${name}`)
    return found
  }

  /** The thread dies, and another has taken its place when this answers. */
  async crash(worker: number): Promise<void> {
    const replaced = new Promise<void>((resolve) => {
      this.plane.events.on('worker-replaced', (who) => {
        if (who.worker === worker) resolve()
      })
    })
    this.order(worker)
    await replaced
  }

  order(worker: number, how: Order['how'] = 'die'): void {
    const orders = new BroadcastChannel(CRASH)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
    orders.postMessage({ worker, how } satisfies Order)
    orders.close()
  }

  async active(name: string, count: number): Promise<void> {
    await eventually(`${count} sessions are alive`, async () => (await this.snapshot(name)).sessions.active === count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.close()
  }
}
