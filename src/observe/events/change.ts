import { defined } from '../../core/defined.ts'
import { boundedJson, type Bounded } from './bounded-json.ts'

/** One change to what is in force, as the control plane tells it. */
export interface Change {
  /** Counts all changes of the process, from 1. */
  readonly revision: number
  /** Wall clock, ISO 8601. */
  readonly time: string
  readonly action: string
  readonly proxy?: string
  readonly fault?: string
  readonly profile?: string
  readonly session?: string
  readonly actor?: string
  readonly reason?: string
  readonly before: object | null
  readonly after: object | null
}

/** The events of a control plane. */
export interface ChangeSource {
  on(event: 'changed', listener: (change: Change) => void): unknown
  off(event: 'changed', listener: (change: Change) => void): unknown
}

/** Events, the audit and its file all want the same text of a change. */
const made = new WeakMap<Change, Bounded>()

/** A change as a JSON object on one line: who, what and why first. */
export function changeJson(change: Change): Bounded {
  const json = made.get(change) ?? boundedJson(fieldsOf(change))
  made.set(change, json)
  return json
}

function fieldsOf({ revision, time, action, before, after, ...change }: Change): object {
  const { proxy, fault, profile, session, actor, reason } = change
  return { revision, time, action, ...defined({ proxy, fault, profile, session, actor, reason }), before, after }
}

/** The profile that a change is about: that one itself, or the one that the proxy or fault belongs to. */
export function profileOf({ profile, before, after }: Change): string | undefined {
  return profile ?? profileOfOwner(ownerOf(after) ?? ownerOf(before))
}

function ownerOf(view: object | null): unknown {
  return view !== null && 'owner' in view ? view.owner : undefined
}

function profileOfOwner(owner: unknown): string | undefined {
  return typeof owner === 'string' && owner.startsWith('profile:') ? owner.slice('profile:'.length) : undefined
}
