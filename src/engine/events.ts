import type { LimitCrossed, SessionInfo } from './data-plane.ts'

/** What the engine tells; every payload is plain data. Nobody can answer, veto or delay. */
export interface EngineEvents {
  'proxy-started': [{ readonly proxy: string; readonly listen: string; readonly upstream: string }]
  'proxy-stopped': [{ readonly proxy: string; readonly listen: string; readonly upstream: string }]
  /** A fault has closed the listener. */
  'door-shut': [{ readonly proxy: string; readonly listen: string; readonly fault: string }]
  /** No fault keeps the listener closed any more: it listens again. */
  'door-opened': [{ readonly proxy: string; readonly listen: string }]
  /** The listener that a fault had closed cannot have its address again; it goes on trying. */
  'reopen-failed': [{ readonly proxy: string; readonly listen: string; readonly error: string }]
  /** The listener could not accept (out of file descriptors, …); it goes on trying. */
  'accept-failed': [{ readonly proxy: string; readonly error: string }]
  /** A fault has met one of its limits; of `max_active` at most once a second for each fault. */
  'limit-crossed': [LimitCrossed & { readonly proxy: string; readonly fault: string }]
  /** A thread has died with the sessions that it served (origin `proxy`, reason `worker_died`); another takes its place. */
  'worker-died': [{ readonly worker: number; readonly sessions: number; readonly error: string }]
  /** The thread in its place serves. */
  'worker-replaced': [{ readonly worker: number }]
  'session-opened': [SessionInfo]
  'session-ended': [SessionInfo]
  /** There is no session: its client did not get through the TLS handshake, or sent no PROXY header. */
  'handshake-failed': [{ readonly proxy: string; readonly session: string; readonly error: string }]
  /** The upstream has closed its connection without a byte, at the first request of a session. */
  'no-answer': [{ readonly proxy: string; readonly session: string; readonly upstream: string }]
  /** The upstream could not be connected to. */
  'dial-failed': [
    { readonly proxy: string; readonly session: string; readonly upstream: string; readonly error: string },
  ]
}
