import { randomInt } from 'node:crypto'
import type { AdminServer } from './admin/server.ts'
import type { Token } from './admin/tokens.ts'
import { readAuthority } from './control/authority.ts'
import type { By } from './control/by.ts'
import { ControlPlane } from './control/control-plane.ts'
import { HaltFile } from './control/halt-file.ts'
import type { LifetimePolicy } from './control/lifetime.ts'
import type { RecordedDecision } from './control/replay-record.ts'
import { keepState, type KeptState } from './control/state/keep-state.ts'
import { defined } from './core/defined.ts'
import type { FaultLimits } from './core/plan.ts'
import type { DataPlane } from './engine/data-plane.ts'
import { createLocalDataPlane } from './engine/local-data-plane.ts'
import { createReplay } from './engine/replay.ts'
import type { WireOptions } from './engine/workers/messages.ts'
import { faultFactory } from './faults/index.ts'
import { logChange, logEngineEvents, logRequest } from './observe/event-log.ts'
import { silentLogger } from './observe/logger.ts'
import type { Logger } from './observe/logger.ts'
import { createMetrics } from './observe/metrics.ts'
import type { MetricsOptions } from './observe/metrics.ts'
import { observe } from './observe/observing.ts'
import type { VarValue } from './profiles/document.ts'
import { type LiveProfileSource, ProfilesAtWork } from './profiles-at-work.ts'
import { VERSION } from './version.ts'

export interface AdminOptions {
  /** Address to listen on; default: `127.0.0.1`. Empty = every interface. */
  readonly host?: string
  /** 0 = any free port. */
  readonly port: number
  /** What callers must send as `Authorization: Bearer …`; default: nothing. */
  readonly token?: string
  /** Others beside it, with names and roles. */
  readonly tokens?: readonly Token[]
  /** Names, besides addresses, `localhost` and single-label ones, that callers may use in the `Host` header. */
  readonly allowHosts?: readonly string[]
}

export interface ServerOptions {
  /** Decides every draw, a whole number; default: a random one. */
  readonly seed?: number
  /** Threads that sessions are served by, 1 to 64; more than 1 on Linux alone. Default: 1, this very thread. */
  readonly workers?: number
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
  /** Where profiles come from; one that can be watched is read anew whenever something changes there. Default: there are none but those of the API. */
  readonly profiles?: LiveProfileSource
  /** Names of profiles that are put in force at the start, besides those that say `active: true`. One that cannot be ends the start. */
  readonly activate?: readonly string[]
  /** Values of variables, for every profile that has one of that name. */
  readonly vars?: Readonly<Record<string, VarValue>>
  /** What `${env:NAME}` stands for in profiles that are files; those that come over the API are told nothing. Default: nothing. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** How long faults and activations may stay that are asked for later on, milliseconds. Default: as long as they like. */
  readonly lifetimes?: LifetimePolicy
  /** Of all faults of the process together. Default: none. */
  readonly limits?: FaultLimits
  /** While there is a file of this name everything is halted. Default: none. */
  readonly haltFile?: string
  /**
   * Where proxies, faults and active profiles are kept over a restart. Everything that ends by itself (`ttl`, `lease`) is left out. Holds the keys of
   * certificates. Default: nothing is kept.
   */
  readonly stateFile?: string
  /** A file that every change is written to, with who asked for it and why. Default: none. */
  readonly auditFile?: string
  /** Runs when the state is restored, before profiles are activated and the admin API opens; what it throws ends the start. */
  readonly prepare?: (control: ControlPlane) => Promise<void>
  /** Calls the start off: what has been started is closed again, and its reason thrown. Nothing once the server runs. */
  readonly signal?: AbortSignal
}

/** Everything that runs in one process. */
export interface RunningServer extends AsyncDisposable {
  readonly seed: number
  readonly control: ControlPlane
  /** `host:port` of the admin API, as bound; `undefined` without one. */
  readonly address: string | undefined
  /** The text of `GET /metrics`. */
  metrics(): Promise<string>
  /** Reads the profiles that are files anew; nobody waits, and what cannot be used is logged. */
  reloadProfiles(by: By): void
  /** Closes the admin API and the listeners, lets sessions finish for the drain time, and ends the rest. */
  close(): Promise<void>
}

/**
 * Puts the parts together: data plane, control plane, metrics, log and admin API. What is to be in force comes in this order: the halt file is
 * looked for, profiles are read, the state is restored, `prepare` runs, profiles are activated, the admin API opens.
 *
 * @throws FoulweatherError `listen_failed` when the admin address cannot be used, `invalid_value` when the state file cannot; ProfilesRefused when
 *   a profile of `activate` cannot be put in force. Everything is closed again then.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const {
    replay,
    workers = 1,
    logger = silentLogger(),
    admin,
    metrics: groups,
    prepare,
    filesDir,
    authorityDir,
    profiles: source,
    activate = [],
    vars,
    env,
    lifetimes,
    haltFile: haltPath,
    stateFile,
    auditFile,
    signal = new AbortController().signal,
    ...engine
  } = options
  const seed = options.seed ?? replay?.[0]?.seed ?? randomInt(2 ** 32)
  logger.info({ version: VERSION, node: process.versions.node, seed }, 'Starting foulweather')

  const dataPlane = await createDataPlane({ ...engine, seed }, workers, replay)
  const authority = authorityDir === undefined ? undefined : () => readAuthority(authorityDir)
  const optional = defined({ filesDir, authority, lifetimes, profileSource: source, vars, env })
  const control = new ControlPlane({ dataPlane, seed, ...optional })
  const observed = observe({ control, dataPlane, logger, auditFile })
  const { events, audit, counts } = observed
  const metrics = createMetrics({ dataPlane, counts, version: VERSION, ...(groups === undefined ? {} : { groups }) })
  logEngineEvents(logger, dataPlane.events)
  control.events.on('changed', (change) => logChange(logger, change))

  const api = admin === undefined ? undefined : await createApi(admin)
  const profiles = new ProfilesAtWork({ control, logger, source, vars })
  const haltFile = haltPath === undefined ? undefined : new HaltFile({ path: haltPath, control })
  let state: KeptState | undefined
  try {
    await orCalledOff(putInForce(), signal)
    await api?.start()
    // Not before: another server may be at work with this file, and with the address that could not be had.
    state?.begin()
  } catch (error) {
    haltFile?.[Symbol.dispose]()
    control.close()
    await Promise.all([profiles.close(), state?.close(), dataPlane.close()])
    await observed.close()
    throw error
  }
  if (api !== undefined) logger.info({ address: api.address }, 'Admin API listening')

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeAll())
  const reloadProfiles = (by: By): void => profiles.reload(by)
  return { seed, control, address: api?.address, metrics, reloadProfiles, close, [Symbol.asyncDispose]: close }

  async function putInForce(): Promise<void> {
    await haltFile?.look()
    await profiles.load()
    signal.throwIfAborted()
    if (stateFile !== undefined) state = await keepState(stateFile, control, logger, signal)
    signal.throwIfAborted()
    await prepare?.(control)
    signal.throwIfAborted()
    await profiles.activate(activate)
    signal.throwIfAborted()
    await state?.restoreLate()
    signal.throwIfAborted()
    profiles.watch()
  }

  async function createApi({ host = '127.0.0.1', port, ...access }: AdminOptions): Promise<AdminServer> {
    // Loaded only here: half of what a start costs, and nothing for who needs no admin API.
    const { createAdminServer } = await import('./admin/server.ts')
    const metricsRoute = groups?.length === 0 ? {} : { metrics }
    return createAdminServer({
      ...access,
      ...metricsRoute,
      events,
      audit,
      control,
      host,
      port,
      version: VERSION,
      onRequest: (request) => logRequest(logger, request),
    })
  }

  async function closeAll(): Promise<void> {
    haltFile?.[Symbol.dispose]()
    control.close()
    await Promise.all([keepLast(), dataPlane.close()])
    await observed.close()
    logger.info('Stopped')
  }

  /** Calls that are under way may still change something. */
  async function keepLast(): Promise<void> {
    await Promise.all([api?.stop(), profiles.close()])
    await state?.close()
  }
}

/** The same ending as this file has: the sources run as they are, and so does what is built of them. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? 'engine-worker.ts' : 'engine-worker.js', import.meta.url)

async function createDataPlane(
  options: WireOptions,
  workers: number,
  replay: readonly RecordedDecision[] | undefined,
): Promise<DataPlane> {
  if (workers > 1) {
    // Only here: who has one thread needs nothing of it.
    const { createWorkersDataPlane } = await import('./engine/workers/workers-data-plane.ts')
    return createWorkersDataPlane({ workers, entry: WORKER, factory: faultFactory, options, ...defined({ replay }) })
  }
  const followed = replay === undefined ? {} : { replay: createReplay(replay) }
  return createLocalDataPlane({ ...options, ...followed, factory: faultFactory })
}

/** The reason of the signal as soon as it is aborted, whatever is still waited for. */
async function orCalledOff(start: Promise<void>, signal: AbortSignal): Promise<void> {
  const calledOff = Promise.withResolvers<never>()
  const onAbort = (): void => calledOff.reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([start, calledOff.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // What comes of it later is nobody's failure any more.
    start.catch(() => {})
    calledOff.promise.catch(() => {})
  }
}
