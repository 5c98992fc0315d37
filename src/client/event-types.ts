import type {
  CHANGE_TYPES,
  LIMIT_TYPE,
  MISSED_TYPE,
  OMITTED_TYPE,
  PROXY_TYPES,
  SAMPLE_TYPE,
  SESSION_TYPES,
  WORKER_TYPES,
} from '../observe/events/types.ts'

/** What an event tells. */
export type EventType =
  | (typeof CHANGE_TYPES)[number]
  | (typeof PROXY_TYPES)[number]
  | (typeof WORKER_TYPES)[number]
  | typeof LIMIT_TYPE
  | (typeof SESSION_TYPES)[number]
  | typeof SAMPLE_TYPE
  | typeof OMITTED_TYPE
  | typeof MISSED_TYPE

/** One thing that has happened. What it says beside this depends on its type. */
export interface FoulweatherEvent {
  /** To go on behind it; absent with `missed`. */
  readonly id?: string
  readonly type: EventType
  /** Wall clock, ISO 8601. */
  readonly time: string
  readonly proxy?: string
  readonly fault?: string
  readonly profile?: string
  readonly session?: string
  /** Of a change: who asked for it. */
  readonly actor?: string
  /** Of a change: why. Of a session that has ended: how. */
  readonly reason?: string | null
  /** Of a change: its number. */
  readonly revision?: number
  /** It was too long: only texts and numbers are left of it. */
  readonly truncated?: boolean
  readonly [field: string]: unknown
}

/** Which events are told; absent = all. */
export interface EventQuery {
  /** Names, or patterns with `*` (`fault-*`). */
  readonly type?: readonly (EventType | `${string}*`)[] | undefined
  /** Of this proxy alone. */
  readonly proxy?: string | undefined
  /** Of this profile alone. */
  readonly profile?: string | undefined
}
