import { type Caller, type CallOptions, queryText } from './caller.ts'
import { EventStream, type EventOptions } from './events.ts'
import { FaultsClient } from './faults.ts'
import { type ProfileDocument, ProfilesClient, type ProfileVars } from './profiles.ts'
import { ProxiesClient } from './proxies.ts'
import type { AuditQuery, DecisionQuery, ExchangeQuery } from './queries.ts'
import { SessionsClient } from './sessions.ts'
import type {
  AuditPage,
  DecisionPage,
  DiffEntry,
  ExchangePage,
  FaultTypes,
  HaltResult,
  HaltState,
  Status,
  Validation,
} from './views.ts'

type ExportOptions = CallOptions & { readonly secrets?: boolean | undefined }

/** The admin API, call by call: where each is, what it takes and what it answers, whoever makes the calls. */
export class AdminApi {
  readonly proxies: ProxiesClient
  readonly profiles: ProfilesClient
  readonly sessions: SessionsClient
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
    this.proxies = new ProxiesClient(caller)
    this.profiles = new ProfilesClient(caller)
    this.sessions = new SessionsClient(caller)
  }

  /** Where calls go. */
  get url(): string {
    return this.#caller.base
  }

  /** The faults of a proxy, call by call. */
  faults(proxy: string): FaultsClient {
    return new FaultsClient(this.#caller, proxy)
  }

  status(options?: CallOptions): Promise<Status> {
    return this.#caller.json('status', 'GET', '/v1/status', options)
  }

  /** Every type of fault, with the JSON Schema of its parameters. */
  faultTypes(options?: CallOptions): Promise<FaultTypes> {
    return this.#caller.json('faultTypes', 'GET', '/v1/fault-types', options)
  }

  /** What was decided about sessions, and done to them: the latest. */
  decisions(query: DecisionQuery = {}, options?: CallOptions): Promise<DecisionPage> {
    return this.#caller.json('decisions', 'GET', `/v1/decisions${queryText({ ...query })}`, options)
  }

  /** The same as lines of JSON, which `serve --replay` reads; without a `limit` all that are kept. */
  decisionsText(query: DecisionQuery = {}, options?: CallOptions): Promise<string> {
    return this.#caller.text('GET', `/v1/decisions${queryText({ ...query, format: 'ndjson' })}`, options)
  }

  /** The exchanges of HTTP that are over: the latest. */
  exchanges(query: ExchangeQuery = {}, options?: CallOptions): Promise<ExchangePage> {
    return this.#caller.json('exchanges', 'GET', `/v1/exchanges${queryText({ ...query })}`, options)
  }

  /** Who has changed what, and why: the latest. */
  audit({ action, ...query }: AuditQuery = {}, options?: CallOptions): Promise<AuditPage> {
    return this.#caller.json('audit', 'GET', `/v1/audit${queryText({ ...query, action: action?.join(',') })}`, options)
  }

  /** What happens, as it happens: `for await (const event of client.events({ type: ['fault-*'] })) …` */
  events(options: EventOptions = {}): EventStream {
    return new EventStream(this.#caller, options)
  }

  /** What is running, as the fields of a profile that reproduces it. @param secrets with private keys; wants a token with the role `admin`. */
  export({ secrets, ...options }: ExportOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#caller.json('export', 'GET', `/v1/export${queryText({ format: 'json', secrets })}`, options)
  }

  /** The same as the text of that profile. @param format default: `yaml`. */
  exportText({
    format = 'yaml',
    secrets,
    ...options
  }: ExportOptions & { readonly format?: 'yaml' | 'json' | undefined } = {}): Promise<string> {
    return this.#caller.text('GET', `/v1/export${queryText({ format, secrets })}`, options)
  }

  /** What activating a profile would change, in order; nothing is done. @param document in the place of its text. */
  async diff(
    profile: string,
    {
      document,
      vars,
      ...options
    }: CallOptions & { document?: ProfileDocument | undefined; vars?: ProfileVars | undefined } = {},
  ): Promise<readonly DiffEntry[]> {
    const request = { profile, document, vars }
    const { changes } = await this.#caller.json('diff', 'POST', '/v1/diff', options, request)
    return changes
  }

  /** Everything that is wrong with a document; nothing is done, and mistakes are no error. @param profile its name, where that matters. */
  validate(
    document: ProfileDocument,
    { profile, vars = {}, ...options }: CallOptions & { profile?: string; vars?: ProfileVars } = {},
  ): Promise<Validation> {
    // In quotes a text stays one, whatever it looks like.
    const assignments = Object.entries(vars).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`,
    )
    return this.#caller.json(
      'validation',
      'POST',
      `/v1/validate${queryText({ profile, var: assignments })}`,
      options,
      document,
    )
  }

  /** Removes every fault, deactivates all profiles, and takes no faults until it is resumed. Proxies go on relaying. */
  halt(options?: CallOptions): Promise<HaltResult> {
    return this.#caller.json('haltResult', 'POST', '/v1/halt', options)
  }

  /** Faults are taken again; none comes back by itself. */
  resume(options?: CallOptions): Promise<HaltState> {
    return this.#caller.json('halt', 'POST', '/v1/resume', options)
  }

  /** Whether everything is halted, since when, by whom and why. */
  halted(options?: CallOptions): Promise<HaltState> {
    return this.#caller.json('halt', 'GET', '/v1/halt', options)
  }

  /** Starts every proxy and removes all faults. */
  async reset(options?: CallOptions): Promise<void> {
    await this.#caller.text('POST', '/reset', options)
  }

  /** The text of `/metrics`, for Prometheus. */
  metrics(options?: CallOptions): Promise<string> {
    return this.#caller.text('GET', '/metrics', options)
  }
}
