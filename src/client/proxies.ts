import type { Caller, CallOptions, ChangeOptions } from './caller.ts'
import { segment } from './transport.ts'
import type { Proxy, ProxyInput, ProxyPatch } from './views.ts'

const PATH = '/v1/proxies'

/** The proxies of a server. */
export class ProxiesClient {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  /** In the order of their names. */
  async list(options?: CallOptions): Promise<readonly Proxy[]> {
    const { proxies } = await this.#caller.json('proxies', 'GET', PATH, options)
    return proxies
  }

  get(name: string, options?: CallOptions): Promise<Proxy> {
    return this.#caller.json('proxy', 'GET', this.#one(name), options)
  }

  /** `listen` of the answer is where it listens, whatever port was asked for. */
  create(proxy: ProxyInput, options?: CallOptions): Promise<Proxy> {
    return this.#caller.json('proxy', 'POST', PATH, options, proxy)
  }

  /** Where addresses or settings change, its sessions are dropped. */
  patch(name: string, patch: ProxyPatch, options?: ChangeOptions): Promise<Proxy> {
    return this.#caller.json('proxy', 'PATCH', this.#one(name), options, patch)
  }

  /** Its sessions are closed. */
  async delete(name: string, options?: ChangeOptions): Promise<void> {
    await this.#caller.text('DELETE', this.#one(name), options)
  }

  #one(name: string): string {
    return `${PATH}/${segment(name)}`
  }
}
