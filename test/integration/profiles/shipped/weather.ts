import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { FaultStatus } from '../../../../src/admin/fault-status.ts'
import type { ProfileView } from '../../../../src/control/profiles/types.ts'
import type { Decision } from '../../../../src/core/decision.ts'
import type { SessionInfo } from '../../../../src/engine/data-plane.ts'
import type { ExchangeInfo } from '../../../../src/engine/http/exchange-info.ts'
import { ProfileFiles } from '../../../../src/profiles/files/profile-files.ts'
import { startServer, type RunningServer, type ServerOptions } from '../../../../src/server.ts'

export const PROFILES = fileURLToPath(new URL('../../../../profiles', import.meta.url))

export type Vars = Readonly<Record<string, string | number>>

/** What a profile writes about a proxy, its variables in their places. */
interface Written {
  readonly listen: string
  readonly upstream: string
}

interface Document {
  readonly proxies: Readonly<Record<string, Written>>
  readonly vars: Readonly<Record<string, { readonly default: string }>>
}

export function documentOf(profile: string): Document {
  return parse(readFileSync(join(PROFILES, `${profile}.yaml`), 'utf8')) as Document
}

/** The name of the variable that a value is made of. */
export function variableIn(value: string): string {
  return /^\$\{(\w+)\}$/.exec(value)?.[1] ?? ''
}

/** The whole product over the directory of profiles as it is shipped, driven over its admin API. */
export async function serveProfiles(options: ServerOptions = {}): Promise<RunningServer> {
  return await startServer({ seed: 1, admin: { port: 0 }, profiles: new ProfileFiles({ dir: PROFILES }), ...options })
}

/** One call of the admin API; anything but a 2xx is an error that shows the answer. */
export async function call(server: RunningServer, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://${server.address}/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/**
 * One profile, and the proxies that it writes. They are made by hand beforehand, just as the profile has them: so they are there in fair weather too,
 * clients that are connected live to see the profile come and go, and nobody waits for a port.
 */
export class Weather implements AsyncDisposable {
  readonly #server: RunningServer
  readonly #profile: string
  readonly #vars: Vars
  readonly #ports: ReadonlyMap<string, number>

  private constructor(server: RunningServer, profile: string, vars: Vars, ports: ReadonlyMap<string, number>) {
    this.#server = server
    this.#profile = profile
    this.#vars = vars
    this.#ports = ports
  }

  /** @param upstreams the variables that say where what the profile stands in front of is. */
  static async fair(
    profile: string,
    upstreams: Readonly<Record<string, string>>,
    options: ServerOptions = {},
  ): Promise<Weather> {
    await using undo = new AsyncDisposableStack()
    const server = undo.use(await serveProfiles(options))
    const ports = new Map<string, number>()
    const vars: Record<string, string> = { ...upstreams }
    for (const [name, written] of Object.entries(documentOf(profile).proxies)) {
      const upstream = upstreams[variableIn(written.upstream)]
      const made = await call(server, 'POST', '/proxies', { ...written, name, listen: '127.0.0.1:0', upstream })
      const { listen } = made as { listen: string }
      vars[variableIn(written.listen)] = listen
      ports.set(name, Number(listen.split(':').at(-1)))
    }
    undo.move()
    return new Weather(server, profile, vars, ports)
  }

  /** @param proxy may be left out where there is one alone. */
  address(proxy?: string): { readonly host: string; readonly port: number } {
    const port = proxy === undefined ? this.#ports.values().next().value : this.#ports.get(proxy)
    if (port === undefined) throw new Error(`${this.#profile} has no proxy ${proxy}`)
    return { host: '127.0.0.1', port }
  }

  url(proxy?: string): string {
    return `http://127.0.0.1:${this.address(proxy).port}`
  }

  /** Puts the profile in force on the proxies that there are. */
  async turnFoul(vars: Vars = {}): Promise<ProfileView> {
    const body = { vars: { ...this.#vars, ...vars } }
    return (await call(this.#server, 'POST', `/profiles/${this.#profile}/activate`, body)) as ProfileView
  }

  /** Takes it away, and makes sure that nothing of it is left. */
  async turnFair(): Promise<void> {
    await call(this.#server, 'POST', `/profiles/${this.#profile}/deactivate`)
    const left = await this.#faults()
    if (left.length > 0) throw new Error(`faults are left: ${left.map(({ name }) => name).join(', ')}`)
  }

  async fault(name: string): Promise<FaultStatus & Readonly<Record<string, unknown>>> {
    const found = (await this.#faults()).find((fault) => fault.name === name)
    if (found === undefined) throw new Error(`${this.#profile} has put no fault ${name} in force`)
    return found
  }

  /** What the fault did, in order: `stall`, `queue-full`. */
  async acts(fault: string): Promise<readonly Decision[]> {
    const { decisions } = (await call(this.#server, 'GET', `/decisions?fault=${fault}&limit=5000`)) as {
      decisions: Decision[]
    }
    return decisions.filter(({ kind }) => kind === 'injection')
  }

  async sessions(state: 'live' | 'ended'): Promise<readonly SessionInfo[]> {
    return ((await call(this.#server, 'GET', `/sessions?state=${state}`)) as { sessions: SessionInfo[] }).sessions
  }

  /** `origin reason` of the sessions that are over. */
  async endings(): Promise<readonly string[]> {
    return (await this.sessions('ended')).map(({ ending }) => `${ending?.origin} ${ending?.reason}`)
  }

  async exchanges(): Promise<readonly ExchangeInfo[]> {
    return ((await call(this.#server, 'GET', '/exchanges?limit=1000')) as { exchanges: ExchangeInfo[] }).exchanges
  }

  async #faults(): Promise<readonly (FaultStatus & Readonly<Record<string, unknown>>)[]> {
    const answers = Array.from(this.#ports.keys(), (proxy) => call(this.#server, 'GET', `/proxies/${proxy}/faults`))
    return (await Promise.all(answers)).flatMap(
      (answer) => (answer as { faults: (FaultStatus & Readonly<Record<string, unknown>>)[] }).faults,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
  }
}
