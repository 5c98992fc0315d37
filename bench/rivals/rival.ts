import type { AdminClient } from '../admin.ts'

/** What may be measured. `found: false` is no failure: the reason is shown, and the others are measured. */
export type Located =
  | { readonly found: true; readonly version: string }
  | { readonly found: false; readonly reason: string }

/** One proxy among those compared: how to find it and how to start it in front of a port. */
export interface Rival {
  readonly name: string
  /** One line for `--list`. */
  readonly summary: string
  /** `tcp` relays bytes; `http` understands HTTP only and takes part in the cases that are about it. */
  readonly protocol: 'tcp' | 'http'
  /** It differs from another rival in how it moves much at once, and takes part in the cases that are about that alone. */
  readonly bulkOnly?: boolean
  /** It answers messages one at a time and relays no stream: it takes part in the cases of that kind alone. */
  readonly exchangesOnly?: boolean
  /** Threads that its data goes through, where it differs from another rival in nothing else: it takes part in the case that is about them. */
  readonly workers?: number
  /** Left out by `--quick`, unless it is named. */
  readonly slow?: true
  /** It injects faults, by Toxiproxy's admin API where it relays bytes. */
  readonly faults: boolean
  locate(): Promise<Located>
  /** Starts it in front of 127.0.0.1:`upstream` and answers when it accepts connections. */
  start(upstream: number): Promise<RunningRival>
}

export interface RunningRival extends AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number
  /** The process whose tree is measured; absent when there is none (`direct`). */
  readonly pid?: number
  readonly admin?: AdminClient
}

/** The name of the rival whose figures the targets judge. */
export const SUBJECT = 'foulweather'

/** The same, where it understands HTTP: without a fault, and with those of bench/rivals/unmatched-faults.ts. */
export const HTTP_SUBJECT = 'foulweather-http'
export const HTTP_SUBJECT_UNMATCHED = 'foulweather-http-unmatched'

/** The name of the one proxy that a rival with an admin API is started with. */
export const PROXY = 'bench'
