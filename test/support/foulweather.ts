import { startServer } from '../../src/server.ts'
import type { RunningServer } from '../../src/server.ts'
import type { SessionInfo } from '../../src/engine/data-plane.ts'
import { eventually } from './wait.ts'

export interface ToxicRequest {
  /** Default: `<type>_<stream>`. */
  readonly name?: string
  readonly type: string
  /** Default: `downstream`. */
  readonly stream?: string
  readonly toxicity?: number
  readonly attributes?: Readonly<Record<string, number>>
}

interface ProxyAnswer {
  readonly name: string
  readonly listen: string
}

export type SessionEnding = NonNullable<SessionInfo['ending']>

/** Foulweather in this process, with its admin API on a free port. */
export class Foulweather implements AsyncDisposable {
  readonly #server: RunningServer
  readonly url: string
  #proxies = 0

  private constructor(server: RunningServer) {
    this.#server = server
    this.url = `http://${server.address}`
  }

  static async start(): Promise<Foulweather> {
    return new Foulweather(await startServer({ admin: { port: 0 }, seed: 1 }))
  }

  /** One REST call; anything but a 2xx is an error that shows the answer. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** A new proxy on a free port, under a name of its own. */
  async proxyTo(upstream: { readonly host: string; readonly port: number }): Promise<ProxyHandle> {
    const proxy = {
      name: `proxy-${++this.#proxies}`,
      listen: '127.0.0.1:0',
      upstream: `${upstream.host}:${upstream.port}`,
    }
    return new ProxyHandle(this, (await this.call('POST', '/proxies', proxy)) as ProxyAnswer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
  }
}

/** One proxy, as a client of the REST API handles it. */
export class ProxyHandle {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly #foulweather: Foulweather
  readonly #name: string

  constructor(foulweather: Foulweather, { name, listen }: ProxyAnswer) {
    this.#foulweather = foulweather
    this.#name = name
    this.port = Number(listen.split(':').at(-1))
  }

  async disable(): Promise<void> {
    await this.#call('PATCH', '', { enabled: false })
  }

  async enable(): Promise<void> {
    await this.#call('PATCH', '', { enabled: true })
  }

  async addToxic(toxic: ToxicRequest): Promise<void> {
    await this.#call('POST', '/toxics', toxic)
  }

  async updateToxic(name: string, change: Pick<ToxicRequest, 'toxicity' | 'attributes'>): Promise<void> {
    await this.#call('PATCH', `/toxics/${name}`, change)
  }

  async removeToxic(name: string): Promise<void> {
    await this.#call('DELETE', `/toxics/${name}`)
  }

  /** Removes all its toxics. */
  async clear(): Promise<void> {
    const toxics = (await this.#call('GET', '/toxics')) as { name: string }[]
    for (const { name } of toxics) await this.removeToxic(name)
  }

  /** The endings of its sessions, as soon as there are `count` of them. */
  async endings(count: number): Promise<readonly SessionEnding[]> {
    return await eventually(`${count} sessions of ${this.#name} have ended`, async () => {
      const path = `/v1/sessions?state=ended&proxy=${this.#name}`
      const { sessions } = (await this.#foulweather.call('GET', path)) as { sessions: SessionInfo[] }
      return sessions.length >= count && sessions.map(({ ending }) => ending!)
    })
  }

  #call(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#foulweather.call(method, `/proxies/${this.#name}${path}`, body)
  }
}
