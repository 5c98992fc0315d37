import type { FaultPlan, ProxyPlan } from '../core/plan.ts'
import type { NewProxy } from './proxy-input.ts'

/** What is wanted of one proxy, and where it is bound. Records are never changed, only replaced. */
export interface ProxyRecord extends Pick<ProxyPlan, 'protocol' | 'http' | 'tls' | 'proxyProtocol'> {
  readonly name: string
  /** The bound address once the proxy has been started; before that the text as given. */
  readonly listen: string
  readonly upstream: string
  /** Listening now. */
  readonly enabled: boolean
  readonly faults: readonly FaultRecord[]
  /** Changes whenever anything of it changes, faults included; what its `ETag` is. */
  readonly revision: number
  /** `api`, or `profile:<name>` while it is there because a profile says so. */
  readonly owner: string
  /** What a profile has asked for, while nobody has asked for anything else since. */
  readonly wanted?: NewProxy
}

/** One fault: what is in force, and what Toxiproxy's clients are shown. */
export interface FaultRecord {
  readonly plan: FaultPlan
  /** Changes whenever anything of it changes; what its `ETag` is. (That of the plan changes only when there have to be new stages.) */
  readonly revision: number
  /** Absent when Toxiproxy's API cannot express the fault: its clients do not see it. */
  readonly toxic?: ToxicView
  /** When it was added: wall clock, milliseconds since the epoch. */
  readonly created: number
  /** Absent = it stays until it is removed. */
  readonly lifetime?: Lifetime
}

/** How long a fault, or the activation of a profile, stays: until its `ttl` is over, or its `lease` without having been renewed. */
export interface Lifetime {
  /** As it was asked for, milliseconds. */
  readonly ttl?: number
  /** It has to be renewed within this time, again and again, milliseconds. */
  readonly lease?: number
  /** When its `ttl` is over, by the clock of the control plane; absent = never. */
  readonly ttlUntil?: number
  /** When it is over unless it is renewed: the earlier of both, by the clock of the control plane. */
  readonly until: number
  /** The same by the wall clock, for people: milliseconds since the epoch. */
  readonly expires: number
}

/** A fault as Toxiproxy's API was given it, odd values included: clients read back what they wrote. */
export interface ToxicView {
  /** In the caller's letter case. */
  readonly stream: string
  /** A 32-bit float; not held to 0…1. */
  readonly toxicity: number
  /** Every attribute of the type, in the type's order. */
  readonly attributes: ToxicAttributes
}

/** Signed 64-bit integers; plain numbers where the type takes fractions. */
export type ToxicAttributes = Readonly<Record<string, bigint | number>>
