const JSON_BODY = { 'content-type': 'application/json' }

/** A toxic as Toxiproxy's API takes it. */
export interface Toxic {
  readonly name: string
  readonly type: string
  readonly stream?: 'upstream' | 'downstream'
  readonly toxicity?: number
  readonly attributes?: Readonly<Record<string, number>>
}

type FaultValue = string | number | { readonly [key: string]: FaultValue } | undefined

/** A fault as Foulweather's own API takes it: parameters beside the common fields. Durations in ms or as text, rates in bytes/s or as text. */
export interface NativeFault {
  readonly name: string
  readonly type: string
  readonly direction?: 'upstream' | 'downstream' | 'both'
  readonly [parameter: string]: FaultValue
}

interface Created {
  readonly listen: string
}

/** The part of Toxiproxy's admin API that the benchmarks use, which Foulweather and Toxiproxy both speak, and what they use of Foulweather's own. */
export class AdminClient {
  readonly #base: string
  readonly #timeoutMs: number

  constructor(port: number, timeoutMs = 10_000) {
    this.#base = `http://127.0.0.1:${port}`
    this.#timeoutMs = timeoutMs
  }

  /** The same API, with another limit to how long a call may take. */
  withTimeout(timeoutMs: number): AdminClient {
    return new AdminClient(Number(new URL(this.#base).port), timeoutMs)
  }

  async answers(): Promise<boolean> {
    try {
      await this.#call('GET', '/version')
      return true
    } catch {
      return false
    }
  }

  list(): Promise<string> {
    return this.#call('GET', '/proxies')
  }

  /** Makes a proxy on an ephemeral port of 127.0.0.1 and answers the port. */
  async createProxy(name: string, upstream: number): Promise<number> {
    return this.#create('/proxies', name, upstream)
  }

  /** Foulweather only: the same, with a proxy that understands HTTP. */
  async createHttpProxy(name: string, upstream: number): Promise<number> {
    return this.#create('/v1/proxies', name, upstream, { protocol: 'http' })
  }

  addToxic(proxy: string, toxic: Toxic): Promise<string> {
    return this.#call('POST', `/proxies/${proxy}/toxics`, toxic)
  }

  updateToxic(proxy: string, name: string, change: Pick<Toxic, 'attributes' | 'toxicity'>): Promise<string> {
    return this.#call('PATCH', `/proxies/${proxy}/toxics/${name}`, change)
  }

  removeToxic(proxy: string, name: string): Promise<string> {
    return this.#call('DELETE', `/proxies/${proxy}/toxics/${name}`)
  }

  /** Foulweather only. */
  addFault(proxy: string, fault: NativeFault): Promise<string> {
    return this.#call('POST', `/v1/proxies/${proxy}/faults`, fault)
  }

  /** Foulweather only. */
  removeFault(proxy: string, name: string): Promise<string> {
    return this.#call('DELETE', `/v1/proxies/${proxy}/faults/${name}`)
  }

  /** Foulweather only: runs `action` with the faults in force, and removes them whatever happens. */
  async withFaults<T>(proxy: string, faults: readonly NativeFault[], action: () => Promise<T>): Promise<T> {
    const added: string[] = []
    try {
      for (const fault of faults) {
        await this.addFault(proxy, fault)
        added.push(fault.name)
      }
      return await action()
    } finally {
      for (const name of added.reverse()) await this.removeFault(proxy, name)
    }
  }

  /** Foulweather only. */
  faults(proxy: string): Promise<string> {
    return this.#call('GET', `/v1/proxies/${proxy}/faults`)
  }

  /** Foulweather only. */
  status(): Promise<string> {
    return this.#call('GET', '/v1/status')
  }

  /** Foulweather only: what it has counted, in the text format of Prometheus. */
  metrics(): Promise<string> {
    return this.#call('GET', '/metrics')
  }

  /** Foulweather only: a profile as YAML. */
  putProfile(name: string, text: string): Promise<string> {
    return this.#send('PUT', `/v1/profiles/${name}`, { 'content-type': 'application/yaml' }, text)
  }

  /** Foulweather only. */
  activate(profile: string): Promise<string> {
    return this.#call('POST', `/v1/profiles/${profile}/activate`)
  }

  /** Foulweather only. */
  deactivate(profile: string): Promise<string> {
    return this.#call('POST', `/v1/profiles/${profile}/deactivate`)
  }

  /** Foulweather only. */
  halt(): Promise<string> {
    return this.#call('POST', '/v1/halt')
  }

  reset(): Promise<string> {
    return this.#call('POST', '/reset')
  }

  async #create(path: string, name: string, upstream: number, options: object = {}): Promise<number> {
    const body = { name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstream}`, ...options }
    const { listen } = JSON.parse(await this.#call('POST', path, body)) as Created
    return Number(listen.slice(listen.lastIndexOf(':') + 1))
  }

  #call(method: string, path: string, body?: object): Promise<string> {
    if (body === undefined) return this.#send(method, path)
    return this.#send(method, path, JSON_BODY, JSON.stringify(body))
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<string> {
    const response = await fetch(this.#base + path, {
      method,
      signal: AbortSignal.timeout(this.#timeoutMs),
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text
  }
}
