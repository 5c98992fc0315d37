import type { FaultCounters } from '../core/fault-factory.ts'
import type { Gauged } from './gauge.ts'

/** The counters of a fault whose acts are limited: each is held against the limits as it is counted. */
export class CountedActs implements FaultCounters {
  readonly #fault: Gauged & { readonly tally: FaultCounters }

  constructor(fault: Gauged & { readonly tally: FaultCounters }) {
    this.#fault = fault
  }

  get seen(): number {
    return this.#fault.tally.seen
  }

  set seen(seen: number) {
    this.#fault.tally.seen = seen
  }

  get selected(): number {
    return this.#fault.tally.selected
  }

  set selected(selected: number) {
    this.#fault.tally.selected = selected
  }

  get applied(): number {
    return this.#fault.tally.applied
  }

  set applied(applied: number) {
    const { tally, gauges } = this.#fault
    const acts = applied - tally.applied
    tally.applied = applied
    for (const gauge of gauges) gauge.acted(this.#fault, acts)
  }
}
