import {
  CHANGE_TYPES,
  LIMIT_TYPE,
  OMITTED_TYPE,
  PROXY_TYPES,
  SAMPLE_TYPE,
  SESSION_TYPES,
  WORKER_TYPES,
} from './types.ts'
import type { HubEvent } from './ring.ts'

/** What a subscriber wants to be told; what is absent is no condition. */
export interface EventFilter {
  readonly type?: (name: string) => boolean
  /** A name. */
  readonly proxy?: string
  /** A name. */
  readonly profile?: string
}

/** The kinds of events, as they are looked for and kept. */
export interface Kinds {
  /** Changes, and what is as rare. */
  readonly changes: boolean
  readonly limits: boolean
  readonly sessions: boolean
  readonly samples: boolean
}

/** Of which kinds it lets some through. */
export function kindsOf({ type, profile }: EventFilter): Kinds {
  const some = (names: readonly string[]): boolean => type === undefined || names.some(type)
  // What the engine tells belongs to no profile.
  const ofProxies = profile === undefined
  return {
    changes: some([...CHANGE_TYPES, ...PROXY_TYPES, ...WORKER_TYPES]),
    limits: ofProxies && some([LIMIT_TYPE]),
    sessions: ofProxies && some([...SESSION_TYPES, OMITTED_TYPE]),
    samples: ofProxies && some([SAMPLE_TYPE]),
  }
}

/** `(event) => boolean`: whether the subscriber is told. */
export function compileFilter(filter: EventFilter): (event: HubEvent) => boolean {
  const { type, proxy, profile } = filter
  const { sessions } = kindsOf(filter)
  return (event) =>
    (proxy === undefined || event.proxy === proxy) &&
    (profile === undefined || event.profile === profile) &&
    (type === undefined || type(event.type) || (event.type === OMITTED_TYPE && sessions))
}
