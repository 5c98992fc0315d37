import type { FaultPlan, Protocol } from '../core/plan.ts'

/** What is wanted of one proxy, and where it is bound. Records are never changed, only replaced. */
export interface ProxyRecord {
  readonly name: string
  /** The bound address once the proxy has been started; before that the text as given. */
  readonly listen: string
  readonly upstream: string
  /** Listening now. */
  readonly enabled: boolean
  readonly protocol: Protocol
  readonly faults: readonly FaultRecord[]
}

/** One fault: what is in force, and what Toxiproxy's clients are shown. */
export interface FaultRecord {
  readonly plan: FaultPlan
  /** Absent when Toxiproxy's API cannot express the fault: its clients do not see it. */
  readonly toxic?: ToxicView
}

/** A fault as Toxiproxy's API was given it, odd values included: clients read back what they wrote. */
export interface ToxicView {
  /** In the caller's letter case. */
  readonly stream: string
  /** A 32-bit float; not held to 0…1. */
  readonly toxicity: number
  /** Every attribute of the type, in the type's order; signed 64-bit. */
  readonly attributes: Readonly<Record<string, bigint>>
}
