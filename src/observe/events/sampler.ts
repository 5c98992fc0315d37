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

interface Told {
  readonly applied: number
  /** Counts the looks. */
  readonly look: number
}

const NEVER: Told = { applied: 0, look: 0 }

/** Looks once a second which faults have acted. */
export class FaultSampler {
  readonly #parts: FaultSamplerParts
  /** By proxy and fault. Replaced with each look, so that what is gone from the counters is gone from here. */
  #told = new Map<string, Told>()
  #looks = 0
  #timer: Timer | undefined

  constructor(parts: FaultSamplerParts) {
    this.#parts = parts
  }

  /** What happened before is not told. */
  start(): void {
    this.#told = new Map(this.#counts().map(({ key, applied }) => [key, { applied, look: 0 }]))
    this.#arm()
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimer(EVERY_MS, () => {
      this.#arm()
      this.#look()
    })
  }

  #look(): void {
    const look = ++this.#looks
    const counts = this.#counts()
    const lastOf = ({ key }: { readonly key: string }): Told => this.#told.get(key) ?? NEVER
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

  #counts() {
    return this.#parts.dataPlane.snapshot().proxies.flatMap(({ name, faults }) =>
      Object.entries(faults).map(([fault, { applied }]) => ({
        key: JSON.stringify([name, fault]),
        proxy: name,
        fault,
        applied,
      })),
    )
  }
}
