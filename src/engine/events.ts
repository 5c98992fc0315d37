import type { SessionInfo } from './data-plane.ts'

/** What the engine tells; every payload is plain data. Nobody can answer, veto or delay. */
export interface EngineEvents {
  'proxy-started': [{ readonly proxy: string; readonly listen: string; readonly upstream: string }]
  'proxy-stopped': [{ readonly proxy: string; readonly listen: string; readonly upstream: string }]
  /** The listener could not accept (out of file descriptors, …); it goes on trying. */
  'accept-failed': [{ readonly proxy: string; readonly error: string }]
  'session-opened': [SessionInfo]
  'session-ended': [SessionInfo]
  /** The upstream could not be connected to. */
  'dial-failed': [
    { readonly proxy: string; readonly session: string; readonly upstream: string; readonly error: string },
  ]
}
