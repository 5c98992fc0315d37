import { randomInt } from 'node:crypto'
import { createAdminServer } from './admin/server.ts'
import { readAuthority } from './control/authority.ts'
import { ControlPlane } from './control/control-plane.ts'
import type { RecordedDecision } from './control/replay-record.ts'
import { defined } from './core/defined.ts'
import { createLocalDataPlane } from './engine/local-data-plane.ts'
import { createReplay } from './engine/replay.ts'
import { faultFactory } from './faults/index.ts'
import { logChange, logEngineEvents, logRequest } from './observe/event-log.ts'
import { silentLogger } from './observe/logger.ts'
import type { Logger } from './observe/logger.ts'
import { createMetrics } from './observe/metrics.ts'
import type { MetricsOptions } from './observe/metrics.ts'
import { VERSION } from './version.ts'

export interface AdminOptions {
  /** Address to listen on; default: `127.0.0.1`. Empty = every interface. */
  readonly host?: string
  /** 0 = any free port. */
  readonly port: number
  /** What callers must send as `Authorization: Bearer …`; default: nothing. */
  readonly token?: string
  /** Names, besides addresses, `localhost` and single-label ones, that callers may use in the `Host` header. */
  readonly allowHosts?: readonly string[]
}

export interface ServerOptions {
  /** Decides every draw, a whole number; default: a random one. */
  readonly seed?: number
  /** Default: no admin API. */
  readonly admin?: AdminOptions
  /** Default: no log. */
  readonly logger?: Logger
  /** What `/metrics` shows; default: everything. An empty list: no such route. */
  readonly metrics?: NonNullable<MetricsOptions['groups']>
  /** Milliseconds for connecting to an upstream. */
  readonly dialTimeoutMs?: number
  /** Milliseconds that sessions get to finish when the server is closed. */
  readonly drainMs?: number
  /** Bytes that one session may hold. */
  readonly sessionBudget?: number
  /** Bytes that all sessions together may hold. */
  readonly processBudget?: number
  /** Pass an orderly end on where a peer has reset its connection. */
  readonly softenResets?: boolean
  /** How many decisions `GET /v1/decisions` can look back on; default: 10 000. */
  readonly decisionsKept?: number
  /** How many exchanges of HTTP `GET /v1/exchanges` can look back on; default: 1000. */
  readonly exchangesKept?: number
  /** `GET /v1/exchanges` shows the values of queries as they came; default: the names alone. */
  readonly showQueries?: boolean
  /**
   * The record of a run (`GET /v1/decisions?format=ndjson`, read): sessions are selected as in that one, by proxy, ordinal and fault. Its seed
   * is used unless `seed` is given.
   */
  readonly replay?: readonly RecordedDecision[]
  /** The directory below which requests to the admin API may name files (`cert_file`, `body_file`, …). Default: they may name none. */
  readonly filesDir?: string
  /** Directory of the local authority, which signs certificates that are made on the fly (`tls.listen.authority`). Default: there is none. */
  readonly authorityDir?: string
  /** Runs before the admin API opens; what it throws ends the start. */
  readonly prepare?: (control: ControlPlane) => Promise<void>
}

/** Everything that runs in one process. */
export interface RunningServer extends AsyncDisposable {
  readonly seed: number
  readonly control: ControlPlane
  /** `host:port` of the admin API, as bound; `undefined` without one. */
  readonly address: string | undefined
  /** The text of `GET /metrics`. */
  metrics(): Promise<string>
  /** Closes the admin API and the listeners, lets sessions finish for the drain time, and ends the rest. */
  close(): Promise<void>
}

/**
 * Puts the parts together: data plane, control plane, metrics, log and admin API.
 *
 * @throws FoulweatherError `listen_failed` when the admin address cannot be used; everything is closed again then.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const {
    replay,
    logger = silentLogger(),
    admin,
    metrics: groups,
    prepare,
    filesDir,
    authorityDir,
    ...engine
  } = options
  const seed = options.seed ?? replay?.[0]?.seed ?? randomInt(2 ** 32)
  logger.info({ version: VERSION, node: process.versions.node, seed }, 'Starting foulweather')

  const followed = replay === undefined ? {} : { replay: createReplay(replay) }
  const dataPlane = createLocalDataPlane({ ...engine, ...followed, seed, factory: faultFactory })
  const authority = authorityDir === undefined ? undefined : () => readAuthority(authorityDir)
  const control = new ControlPlane({ dataPlane, seed, ...defined({ filesDir, authority }) })
  const metrics = createMetrics({ dataPlane, version: VERSION, ...(groups === undefined ? {} : { groups }) })
  logEngineEvents(logger, dataPlane.events)
  control.events.on('changed', (change) => logChange(logger, change))

  const api = admin === undefined ? undefined : createApi(admin)
  try {
    await prepare?.(control)
    await api?.start()
  } catch (error) {
    control.close()
    await dataPlane.close()
    throw error
  }
  if (api !== undefined) logger.info({ address: api.address }, 'Admin API listening')

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeAll())
  return { seed, control, address: api?.address, metrics, close, [Symbol.asyncDispose]: close }

  function createApi({ host = '127.0.0.1', port, ...access }: AdminOptions): ReturnType<typeof createAdminServer> {
    const metricsRoute = groups?.length === 0 ? {} : { metrics }
    return createAdminServer({
      ...access,
      ...metricsRoute,
      control,
      host,
      port,
      version: VERSION,
      onRequest: (request) => logRequest(logger, request),
    })
  }

  async function closeAll(): Promise<void> {
    control.close()
    await Promise.all([api?.stop(), dataPlane.close()])
    logger.info('Stopped')
  }
}
