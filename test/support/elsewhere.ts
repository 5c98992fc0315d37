import { setImmediate as turn } from 'node:timers/promises'
import type { DataPlane, LocalDataPlane, WorkerInfo } from '../../src/engine/data-plane.ts'

/** What a data plane in other threads is like for its callers: a real one whose answers take a turn of the event loop. */
export class Elsewhere implements DataPlane {
  readonly events
  /** What takes faults away waits for it. */
  clearing: Promise<void> | undefined
  readonly #plane: LocalDataPlane
  readonly #workers: readonly WorkerInfo[]

  constructor(plane: LocalDataPlane, workers: readonly WorkerInfo[] = []) {
    this.#plane = plane
    this.#workers = workers
    this.events = plane.events
  }

  apply(...args: Parameters<DataPlane['apply']>) {
    return this.#plane.apply(...args)
  }

  async clearFaults() {
    await (this.clearing ?? turn())
    this.#plane.clearFaults()
  }

  async snapshot(...args: Parameters<DataPlane['snapshot']>) {
    await turn()
    return structuredClone(this.#plane.snapshot(...args))
  }

  async sessions(...args: Parameters<DataPlane['sessions']>) {
    await turn()
    return structuredClone(this.#plane.sessions(...args))
  }

  async decisions(...args: Parameters<DataPlane['decisions']>) {
    await turn()
    return structuredClone(this.#plane.decisions(...args))
  }

  async exchanges(...args: Parameters<DataPlane['exchanges']>) {
    await turn()
    return structuredClone(this.#plane.exchanges(...args))
  }

  async exchangeLog() {
    await turn()
    return this.#plane.exchangeLog()
  }

  async kill(id: string) {
    await turn()
    return this.#plane.kill(id)
  }

  workers() {
    return this.#workers
  }

  close() {
    return this.#plane.close()
  }
}
