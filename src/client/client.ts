import { Caller, type CallOptions, type ClientOptions, queryText } from './caller.ts'
import { EventStream, type EventOptions } from './events.ts'
import { holdFault, type LeasedFault } from './fault-handle.ts'
import type { FaultOf, FaultType } from './fault-input.ts'
import { FaultsClient } from './faults.ts'
import { holdProfile, type LeasedProfile } from './profile-handle.ts'
import { type ActivationInput, type ProfileDocument, ProfilesClient, type ProfileVars } from './profiles.ts'
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

/**
 * The admin API of a server that runs somewhere: everything under `/v1`, typed. Every call rejects with a FoulweatherApiError where the server
 * refuses, and with a FoulweatherError `unreachable` where it does not answer. Nothing of it keeps the process alive but calls that are under way.
 */
export class FoulweatherClient {
  readonly proxies: ProxiesClient
  readonly profiles: ProfilesClient
  readonly sessions: SessionsClient
  readonly #caller: Caller

  /** @throws FoulweatherError `invalid_value`: the `url` is none. */
  constructor(options: ClientOptions = {}) {
    this.#caller = new Caller(options)
    this.proxies = new ProxiesClient(this.#caller)
    this.profiles = new ProfilesClient(this.#caller)
    this.sessions = new SessionsClient(this.#caller)
  }

  /** Where calls go. */
  get url(): string {
    return this.#caller.base
  }

  /** The faults of a proxy, call by call. */
  faults(proxy: string): FaultsClient {
    return new FaultsClient(this.#caller, proxy)
  }

  /**
   * Adds a fault for as long as this process wants it. Unless the fault says otherwise it has a name of its own, and a lease of 30 s that is renewed until
   * the fault is removed: a process that dies takes its faults with it. `lease: null` has it stay.
   */
  fault<Type extends FaultType>(
    proxy: string,
    fault: FaultOf<Type>,
    options: CallOptions = {},
  ): Promise<LeasedFault<Type>> {
    return holdFault(this.faults(proxy), fault, options)
  }

  /** Runs `body` while the fault is there, and removes it whatever becomes of that. What goes wrong in `body` is what is thrown. */
  async withFault<Type extends FaultType, Result>(
    proxy: string,
    fault: FaultOf<Type>,
    body: (fault: LeasedFault<Type>) => Result | PromiseLike<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    await using held = await this.fault(proxy, fault, options)
    return await body(held)
  }

  /** Activates a profile for as long as this process wants it, with a lease as `fault` has one. */
  activate(name: string, activation: ActivationInput = {}, options: CallOptions = {}): Promise<LeasedProfile> {
    return holdProfile(this.profiles, name, activation, options)
  }

  /** Runs `body` while the profile is active, and deactivates it whatever becomes of that. */
  async withProfile<Result>(
    name: string,
    activation: ActivationInput,
    body: (profile: LeasedProfile) => Result | PromiseLike<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    await using held = await this.activate(name, activation, options)
    return await body(held)
  }

  status(options?: CallOptions): Promise<Status> {
    return this.#caller.json('GET', '/v1/status', options)
  }

  /** Every type of fault, with the JSON Schema of its parameters. */
  faultTypes(options?: CallOptions): Promise<FaultTypes> {
    return this.#caller.json('GET', '/v1/fault-types', options)
  }

  /** What was decided about sessions, and done to them: the latest. */
  decisions(query: DecisionQuery = {}, options?: CallOptions): Promise<DecisionPage> {
    return this.#caller.json('GET', `/v1/decisions${queryText({ ...query })}`, options)
  }

  /** The exchanges of HTTP that are over: the latest. */
  exchanges(query: ExchangeQuery = {}, options?: CallOptions): Promise<ExchangePage> {
    return this.#caller.json('GET', `/v1/exchanges${queryText({ ...query })}`, options)
  }

  /** Who has changed what, and why: the latest. */
  audit({ action, ...query }: AuditQuery = {}, options?: CallOptions): Promise<AuditPage> {
    return this.#caller.json('GET', `/v1/audit${queryText({ ...query, action: action?.join(',') })}`, options)
  }

  /** What happens, as it happens: `for await (const event of client.events({ type: ['fault-*'] })) …` */
  events(options: EventOptions = {}): EventStream {
    return new EventStream(this.#caller, options)
  }

  /** What is running, as the fields of a profile that reproduces it. @param secrets with private keys; wants a token with the role `admin`. */
  export({ secrets, ...options }: CallOptions & { readonly secrets?: boolean } = {}): Promise<
    Readonly<Record<string, unknown>>
  > {
    return this.#caller.json('GET', `/v1/export${queryText({ format: 'json', secrets })}`, options)
  }

  /** What activating a profile would change, in order; nothing is done. @param document in the place of its text. */
  async diff(
    profile: string,
    { document, vars, ...options }: CallOptions & { document?: ProfileDocument; vars?: ProfileVars } = {},
  ): Promise<readonly DiffEntry[]> {
    const request = { profile, document, vars }
    const { changes } = await this.#caller.json<{ changes: readonly DiffEntry[] }>('POST', '/v1/diff', options, request)
    return changes
  }

  /** Everything that is wrong with a document; nothing is done, and mistakes are no error. @param profile its name, where that matters. */
  validate(
    document: ProfileDocument,
    { profile, vars = {}, ...options }: CallOptions & { profile?: string; vars?: ProfileVars } = {},
  ): Promise<Validation> {
    const assignments = Object.entries(vars).map(([name, value]) => `${name}=${value}`)
    return this.#caller.json('POST', `/v1/validate${queryText({ profile, var: assignments })}`, options, document)
  }

  /** Removes every fault, deactivates all profiles, and takes no faults until it is resumed. Proxies go on relaying. */
  halt(options?: CallOptions): Promise<HaltResult> {
    return this.#caller.json('POST', '/v1/halt', options)
  }

  /** Faults are taken again; none comes back by itself. */
  resume(options?: CallOptions): Promise<HaltState> {
    return this.#caller.json('POST', '/v1/resume', options)
  }

  /** Whether everything is halted, since when, by whom and why. */
  halted(options?: CallOptions): Promise<HaltState> {
    return this.#caller.json('GET', '/v1/halt', options)
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
