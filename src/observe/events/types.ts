/** Events by name. What is not listed here is not told. */

/** Changes to what is in force, by whoever asked for them or by themselves. */
export const CHANGE_TYPES = [
  'proxy-created',
  'proxy-updated',
  'proxy-deleted',
  'fault-added',
  'fault-updated',
  'fault-removed',
  'fault-expired',
  'fault-renewed',
  'profile-put',
  'profile-deleted',
  'profile-activated',
  'profile-reloaded',
  'profile-reload-failed',
  'profile-renewed',
  'profile-deactivated',
  'profile-expired',
  'session-reset',
  'halted',
  'resumed',
] as const

/** What the engine tells of proxies, kept with the changes. */
export const PROXY_TYPES = ['proxy-started', 'proxy-stopped'] as const

/** What it tells of its threads, kept with the changes too. */
export const WORKER_TYPES = ['worker-died', 'worker-replaced'] as const

/** A fault has met one of its limits. */
export const LIMIT_TYPE = 'limit-crossed'

/** What comes and goes with sessions: told while somebody listens, and no more of it than can be read. */
export const SESSION_TYPES = [
  'session-opened',
  'session-ended',
  'dial-failed',
  'handshake-failed',
  'door-shut',
  'door-opened',
] as const

/** That faults have acted, looked up once a second while somebody wants to know. */
export const SAMPLE_TYPE = 'fault-applied'

/** How many of the above were left out. */
export const OMITTED_TYPE = 'sessions-omitted'

/** That events are gone which a subscriber has not seen. */
export const MISSED_TYPE = 'missed'

/** Everything that can be asked for. The last two come by themselves to whoever is concerned. */
export const EVENT_TYPES: readonly string[] = [
  ...CHANGE_TYPES,
  ...PROXY_TYPES,
  ...WORKER_TYPES,
  LIMIT_TYPE,
  ...SESSION_TYPES,
  SAMPLE_TYPE,
  OMITTED_TYPE,
  MISSED_TYPE,
]
