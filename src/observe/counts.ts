import type { EventEmitter } from 'node:events'
import type { DataPlane, WorkerInfo } from '../engine/data-plane.ts'
import type { EngineEvents } from '../engine/events.ts'
import type { Change, ChangeSource } from './events/change.ts'
import { KeyCounter } from './key-counter.ts'

/** What metrics show besides the counters of the data plane. */
export interface Counts {
  readonly profiles: readonly { readonly name: string; readonly failed: boolean }[]
  readonly reloads: readonly Count<'profile' | 'result'>[]
  readonly halted: boolean
  readonly limitsCrossed: readonly Count<'proxy' | 'fault' | 'limit'>[]
  /** Subscribers of events that did not keep up. */
  readonly eventsDropped: number
  /** Changes that the audit file lacks. */
  readonly auditDropped: number
  readonly workers: readonly WorkerInfo[]
}

interface Count<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>
  readonly value: number
}

export const NO_COUNTS: Counts = {
  profiles: [],
  reloads: [],
  halted: false,
  limitsCrossed: [],
  eventsDropped: 0,
  auditDropped: 0,
  workers: [],
}

export interface CountsOptions {
  readonly control: {
    readonly events: ChangeSource
    readonly safety: { readonly halt: object | undefined }
    readonly profiles: { list(): readonly { readonly name: string; readonly problems: readonly unknown[] }[] }
  }
  readonly dataPlane: Pick<DataPlane, 'workers'> & { readonly events: EventEmitter<EngineEvents> }
  readonly events?: { readonly dropped: number }
  readonly audit?: { readonly dropped: number }
}

const RELOADS: Readonly<Record<string, string>> = { 'profile-reloaded': 'ok', 'profile-reload-failed': 'failed' }

/** Counts from now on; answers what there is when it is asked. */
export function createCounts({ control, dataPlane, events, audit }: CountsOptions): () => Counts {
  const reloads = new KeyCounter<'profile' | 'result'>()
  const limits = new KeyCounter<'proxy' | 'fault' | 'limit'>()
  control.events.on('changed', ({ action, profile = '' }: Change) => {
    const result = RELOADS[action]
    if (result !== undefined) reloads.add({ profile, result })
  })
  dataPlane.events.on('limit-crossed', ({ proxy, fault, limit }) => limits.add({ proxy, fault, limit }))
  return () => ({
    profiles: control.profiles.list().map(({ name, problems }) => ({ name, failed: problems.length > 0 })),
    reloads: reloads.list(),
    halted: control.safety.halt !== undefined,
    limitsCrossed: limits.list(),
    eventsDropped: events?.dropped ?? 0,
    auditDropped: audit?.dropped ?? 0,
    workers: dataPlane.workers(),
  })
}
