import type { Clock, Timer } from '../../core/clock.ts'
import type { DataPlane } from '../../engine/data-plane.ts'

const EVERY_MS = 1000

/** That a fault has acted. */
export interface AppliedSample {
  readonly proxy: string
  readonly fault: string
  /** How often it has acted by now. */
  readonly applied: number
  /** Since it was last told of. */
  readonly more: number
}

export interface FaultSamplerParts {
  readonly dataPlane: Pick<DataPlane, 'snapshot'>
  readonly clock: Clock
  /** Of how many faults it tells at once; the others come first the next time. */
  readonly most: number
  readonly tell: (sample: AppliedSample) => void
}

interface Count {
  readonly key: string
  readonly proxy: string
  readonly fault: string
  readonly applied: number
}

interface Told {
  readonly applied: number
  /** Counts the looks. */
  readonly look: number
}

const NEVER: Told = { applied: 0, look: 0 }

/** Looks once a second which faults have acted. */
export class FaultSampler {
  readonly #parts: FaultSamplerParts
  /** By proxy and fault; `undefined` = not looked yet. Replaced with each look, so that what is gone from the counters is gone from here. */
  #told: ReadonlyMap<string, Told> | undefined
  #looks = 0
  #timer: Timer | undefined
  /** One for each start: what an earlier one was still waiting for is nobody's. */
  #watch: object | undefined
  #looking = false

  constructor(parts: FaultSamplerParts) {
    this.#parts = parts
  }

  /** What happened before is not told. */
  start(): void {
    const watch = (this.#watch = {})
    this.#looking = false
    this.#arm(watch)
    this.#told = undefined
    void this.#look(watch)
  }

  stop(): void {
    this.#watch = undefined
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #arm(watch: object): void {
    this.#timer = this.#parts.clock.setTimer(EVERY_MS, () => {
      this.#arm(watch)
      void this.#look(watch)
    })
  }

  /**
   * Nothing where the answer of the last look is still to come, nor where there is none (a data plane that is being closed): the next one makes up
   * for it.
   */
  async #look(watch: object): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const counts = await countsOf(this.#parts.dataPlane).catch(() => undefined)
    if (this.#watch !== watch) return
    this.#looking = false
    if (counts !== undefined) this.#compare(counts)
  }

  #compare(counts: readonly Count[]): void {
    const before = this.#told
    if (before === undefined) {
      this.#told = new Map(counts.map(({ key, applied }) => [key, { applied, look: 0 }]))
      return
    }
    const look = ++this.#looks
    const lastOf = ({ key }: Count): Told => before.get(key) ?? NEVER
    const moved = counts.filter((count) => count.applied > lastOf(count).applied)
    const due = moved.sort((a, b) => lastOf(a).look - lastOf(b).look).slice(0, this.#parts.most)
    const samples = due.map((count) => ({
      proxy: count.proxy,
      fault: count.fault,
      applied: count.applied,
      more: count.applied - lastOf(count).applied,
    }))
    const told = new Map(counts.map((count) => [count.key, lastOf(count)]))
    for (const { key, applied } of due) told.set(key, { applied, look })
    this.#told = told
    for (const sample of samples) this.#parts.tell(sample)
  }
}

async function countsOf(dataPlane: FaultSamplerParts['dataPlane']): Promise<readonly Count[]> {
  const { proxies } = await dataPlane.snapshot()
  return proxies.flatMap(({ name, faults }) =>
    Object.entries(faults).map(([fault, { applied }]) => ({
      key: JSON.stringify([name, fault]),
      proxy: name,
      fault,
      applied,
    })),
  )
}
