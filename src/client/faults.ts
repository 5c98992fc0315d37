import type { Caller, CallOptions, ChangeOptions } from './caller.ts'
import type { FaultOf, FaultPatch, FaultType } from './fault-input.ts'
import { segment } from './transport.ts'
import type { Fault } from './views.ts'

/** The faults of one proxy, call by call. `FoulweatherClient.fault` is for those that are to go again. */
export class FaultsClient {
  /** Its name. */
  readonly proxy: string
  readonly #caller: Caller
  readonly #path: string

  constructor(caller: Caller, proxy: string) {
    this.#caller = caller
    this.proxy = proxy
    this.#path = `/v1/proxies/${segment(proxy)}/faults`
  }

  /** In the order in which bytes meet them. */
  async list(options?: CallOptions): Promise<readonly Fault[]> {
    const { faults } = await this.#caller.json('faults', 'GET', this.#path, options)
    return faults
  }

  get(name: string, options?: CallOptions): Promise<Fault> {
    return this.#caller.json('fault', 'GET', this.#one(name), options)
  }

  /** It stays until it is removed, unless it is given a `ttl` or a `lease`. */
  add<Type extends FaultType>(fault: FaultOf<Type>, options?: CallOptions): Promise<Fault> {
    return this.#caller.json('fault', 'POST', this.#path, options, fault)
  }

  /** What is given takes the place of what is there, `null` takes it away. */
  update<Type extends FaultType>(name: string, patch: FaultPatch<Type>, options?: ChangeOptions): Promise<Fault> {
    return this.#caller.json('fault', 'PATCH', this.#one(name), options, patch)
  }

  async remove(name: string, options?: ChangeOptions): Promise<void> {
    await this.#caller.text('DELETE', this.#one(name), options)
  }

  /** Its lease begins anew. */
  renew(name: string, options?: CallOptions): Promise<Fault> {
    return this.#caller.json('fault', 'POST', `${this.#one(name)}/renew`, options)
  }

  #one(name: string): string {
    return `${this.#path}/${segment(name)}`
  }
}
