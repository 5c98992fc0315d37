import type { EventEmitter } from 'node:events'
import type { SessionInfo } from '../engine/data-plane.ts'
import type { EngineEvents } from '../engine/events.ts'
import { BurstLimiter } from './burst-limiter.ts'
import type { Logger } from './logger.ts'

/** What goes on and on (a listener that is out of file descriptors, a door that flaps) is said by one line in this time. */
const REPEATED_INTERVAL_MS = 1000

/** Writes a line for each event of the engine. Addresses, names and counts only: never a byte of what passes through. */
export function logEngineEvents(logger: Logger, events: EventEmitter<EngineEvents>): void {
  events.on('proxy-started', (fields) => logger.info(fields, 'Started proxy'))
  events.on('proxy-stopped', (fields) => logger.info(fields, 'Terminated proxy'))
  events.on('dial-failed', (fields) => logger.error(fields, 'Unable to open connection to upstream'))
  events.on(
    'accept-failed',
    limited((fields) => logger.warn(fields, 'Unable to accept a client')),
  )
  events.on(
    'handshake-failed',
    limited((fields) => logger.warn(fields, 'No session: the client did not get through its handshake')),
  )
  events.on(
    'no-answer',
    limited((fields) =>
      logger.warn(
        fields,
        'The upstream closed the connection without an answer; if it speaks TLS, write https://… for it',
      ),
    ),
  )
  events.on(
    'door-shut',
    limited((fields) => logger.info(fields, 'A fault refuses clients')),
  )
  events.on(
    'door-opened',
    limited((fields) => logger.info(fields, 'Clients are taken again')),
  )
  events.on(
    'reopen-failed',
    limited((fields) => logger.error(fields, 'Unable to listen again')),
  )
  events.on('worker-died', (fields) =>
    logger.warn(fields, 'A worker has died, and its sessions with it; another takes its place'),
  )
  events.on('worker-replaced', (fields) => logger.info(fields, 'A new worker serves in the place of the one that died'))
  // The engine describes a session only if somebody listens, and opening sessions is a hot thing.
  if (!logger.isLevelEnabled('debug')) return
  events.on('session-opened', (session) => logger.debug(sessionFields(session), 'Accepted client'))
  events.on('session-ended', (session) => logger.debug(endedFields(session), 'Session ended'))
}

/** One line for each proxy in that time; `suppressed` = how many were left out since the last one. */
function limited<Fields extends { readonly proxy: string }>(
  write: (fields: Fields & { readonly suppressed: number }) => void,
): (fields: Fields) => void {
  const limiter = new BurstLimiter(REPEATED_INTERVAL_MS, () => performance.now())
  return (fields) => {
    const suppressed = limiter.admit(fields.proxy)
    if (suppressed !== undefined) write({ ...fields, suppressed })
  }
}

function sessionFields({ id, proxy, client, upstream, stages }: SessionInfo): object {
  return { proxy, session: id, client, upstream, stages }
}

function endedFields(session: SessionInfo): object {
  const { bytes, ageMs, ending, touchedBy } = session
  return { ...sessionFields(session), touchedBy, bytes, ageMs, origin: ending?.origin, reason: ending?.reason }
}

/** What an admin call has changed, before and after; `null` = was or is not there. */
export interface Change {
  readonly action: string
  readonly proxy?: string
  readonly fault?: string
  readonly profile?: string
  readonly session?: string
  readonly before: unknown
  readonly after: unknown
  /** What may not have been meant. */
  readonly warnings?: readonly string[]
  readonly actor?: string
  readonly reason?: string
  readonly revision: number
}

export function logChange(logger: Logger, change: Change): void {
  const { action, proxy, fault, profile, session, before, after, warnings, actor, reason, revision } = change
  logger.info({ action, proxy, fault, profile, session, actor, reason, revision, before, after }, 'Changed')
  if (warnings !== undefined) logger.warn({ proxy, fault, warnings }, 'A fault may do something else than was meant')
}

/** An answered call of the admin API, without headers and bodies. */
export interface AnsweredRequest {
  readonly method: string
  readonly url: string
  readonly status: number
  /** A bug of ours. */
  readonly error?: Error
}

export function logRequest(logger: Logger, { error, ...request }: AnsweredRequest): void {
  if (error === undefined) logger.debug(request, 'Request')
  else logger.error({ ...request, err: error }, 'A bug in foulweather')
}
