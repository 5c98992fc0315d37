import { server as createHapi, type Server } from '@hapi/hapi'
import type { ControlPlane } from '../control/control-plane.ts'
import type { Audit } from '../observe/audit/audit.ts'
import type { EventHub } from '../observe/events/hub.ts'
import { accessEntry, type AccessEntry } from './access-entry.ts'
import type { BodyLimits } from './body.ts'
import { createListener, openListener } from './listener.ts'
import { installResponding } from './responding.ts'
import { auditRoutes } from './routes/audit.ts'
import { decisionRoutes } from './routes/decisions.ts'
import { documentRoutes } from './routes/documents.ts'
import { errorDocsRoutes } from './routes/error-docs.ts'
import { eventRoutes } from './routes/events.ts'
import { exchangeRoutes } from './routes/exchanges.ts'
import { faultTypeRoutes } from './routes/fault-types.ts'
import { faultRoutes } from './routes/faults.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { withDescription } from './routes/openapi.ts'
import { profileRoutes } from './routes/profiles.ts'
import { proxyRoutes } from './routes/proxies.ts'
import { safetyRoutes } from './routes/safety.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { statusRoutes } from './routes/status.ts'
import { toxiproxyRoutes } from './routes/toxiproxy.ts'
import { installRouting } from './routing.ts'
import { Tokens } from './security.ts'
import type { Token } from './tokens.ts'

export interface AdminServerOptions {
  readonly control: ControlPlane
  /** Address to listen on; empty = every interface. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** What callers must send as `Authorization: Bearer …`; default: nothing. */
  readonly token?: string
  /** Others beside it, with the roles that they have. */
  readonly tokens?: readonly Token[]
  /** Names that callers may use in the `Host` header besides those that are always allowed. */
  readonly allowHosts?: readonly string[]
  /** The text of `/metrics`; default: no such route. */
  readonly metrics?: () => Promise<string>
  /** What `/v1/events` tells; default: no such route. Closed when the server stops. */
  readonly events?: EventHub
  /** What `/v1/audit` shows; default: no such route. */
  readonly audit?: Audit
  readonly version: string
  /** Told of every request that has been answered. */
  readonly onRequest?: (entry: AccessEntry) => void
  readonly limits?: Partial<AdminLimits>
}

export interface AdminLimits extends BodyLimits {
  /** A request that is not answered by then gets 503, milliseconds. Only a name that does not resolve takes that long. */
  readonly handlerMs: number
}

const LIMITS: AdminLimits = { bodyBytes: 2 ** 20, drainBytes: 32 * 2 ** 20, bodyMs: 15_000, handlerMs: 25_000 }

/** How long requests under way get when the server stops, milliseconds. */
const STOP_GRACE_MS = 1000

/** The admin API over HTTP. Not listening before `start`. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  return new AdminServer(options)
}

export class AdminServer {
  readonly #options: AdminServerOptions
  readonly #listener = createListener()
  /** For tests that need no socket (`hapi.inject`). */
  readonly hapi: Server
  #address: string

  constructor(options: AdminServerOptions) {
    this.#options = options
    this.#address = ''
    const limits = { ...LIMITS, ...options.limits }
    this.hapi = createHapi({
      listener: this.#listener,
      autoListen: false,
      debug: false,
      compression: false,
      // Read at the beginning: it is gone once the caller has hung up.
      info: { remote: true },
      routes: {
        // Foreign cookies (of other programs on localhost) are none of our business, in whatever shape.
        state: { parse: false, failAction: 'ignore' },
        // Bodies are read by body.ts: the content type is ignored, as Toxiproxy ignores it. `override` keeps hapi from reading it.
        payload: {
          output: 'stream',
          parse: false,
          override: 'application/json',
          maxBytes: Number.MAX_SAFE_INTEGER,
          timeout: false,
        },
        response: { ranges: false },
        timeout: { server: limits.handlerMs },
      },
    })
    const tokens = new Tokens(options.tokens, options.token)
    installRouting(this.hapi, { tokens, allowHosts: options.allowHosts ?? [] })
    installResponding(this.hapi)
    this.hapi.route([...withDescription(routes(options, limits), options.version)])
    this.#reportRequests()
  }

  /** `host:port` as bound; empty before `start`. */
  get address(): string {
    return this.#address
  }

  /** @throws FoulweatherError `listen_failed`. */
  async start(): Promise<void> {
    await this.hapi.initialize()
    this.#address = await openListener(this.#listener, this.#options.host, this.#options.port)
    // Last, because hapi cannot stop what it believes to be listening and is not.
    await this.hapi.start()
  }

  /** Answers when the last connection is closed. */
  async stop(): Promise<void> {
    // Those who listen to events would never have enough.
    this.#options.events?.close()
    await this.hapi.stop({ timeout: STOP_GRACE_MS })
  }

  #reportRequests(): void {
    const { onRequest } = this.#options
    if (onRequest === undefined) return
    this.hapi.events.on('response', (request) => onRequest(accessEntry(request)))
  }
}

function routes({ control, version, metrics, events, audit }: AdminServerOptions, limits: AdminLimits) {
  return [
    ...toxiproxyRoutes({ control, version, limits }),
    ...statusRoutes(control, version),
    ...proxyRoutes(control, limits),
    ...faultRoutes(control, limits),
    ...profileRoutes(control, limits),
    ...documentRoutes(control, limits),
    ...safetyRoutes(control),
    ...sessionRoutes(control),
    ...decisionRoutes(control),
    ...exchangeRoutes(control),
    ...eventRoutes(events),
    ...auditRoutes(audit),
    ...faultTypeRoutes(),
    ...metricsRoutes(metrics),
    ...errorDocsRoutes(),
  ]
}
