import type { Origin } from '../core/words.ts'
import type { CHANGE_TYPES } from '../observe/events/types.ts'

/** Which entries of a log are wanted; absent = all. The newest `limit` of them are answered, oldest first. */
interface LogQuery {
  readonly proxy?: string | undefined
  /** Only those after that number. */
  readonly after?: number | undefined
  /** 1 to 9999. Default: 1000. */
  readonly limit?: number | undefined
}

export interface DecisionQuery extends LogQuery {
  readonly fault?: string | undefined
  /** Id of a session. */
  readonly session?: string | undefined
}

export interface ExchangeQuery extends DecisionQuery {
  /** What the client was answered: `503`, `5xx`, `400-499` or `none`, several with commas between them. */
  readonly status?: string | undefined
  /** Who answered or ended it. */
  readonly origin?: Origin | undefined
}

type Action = (typeof CHANGE_TYPES)[number]

export interface AuditQuery {
  /** 1 to 9999. Default: all that are kept. */
  readonly limit?: number | undefined
  /** Only those with a larger `revision`. */
  readonly since?: number | undefined
  /** What was done: names, or patterns with `*` (`fault-*`). */
  readonly action?: readonly (Action | `${string}*`)[] | undefined
  /** The name of a token, an address with or without its port, or both as they are shown. */
  readonly actor?: string | undefined
  /** Of this proxy and its faults. */
  readonly proxy?: string | undefined
  /** Of this profile, and of what it has put in force. */
  readonly profile?: string | undefined
}
