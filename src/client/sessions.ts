import { type Caller, type CallOptions, queryText } from './caller.ts'
import { segment } from './transport.ts'
import type { SessionInfo, SessionPage } from './views.ts'

export interface SessionQuery {
  readonly proxy?: string | undefined
  /** Default: `live`. `ended` = the most recent ones that are over. */
  readonly state?: 'live' | 'ended' | 'all' | undefined
  /** 1 to 9999. Default: 1000. */
  readonly limit?: number | undefined
}

/** The sessions of a server. */
export class SessionsClient {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  list({ proxy, state, limit }: SessionQuery = {}, options?: CallOptions): Promise<SessionPage> {
    return this.#caller.json('sessions', 'GET', `/v1/sessions${queryText({ proxy, state, limit })}`, options)
  }

  /** Live, or ended lately. */
  get(id: string, options?: CallOptions): Promise<SessionInfo> {
    return this.#caller.json('session', 'GET', `/v1/sessions/${segment(id)}`, options)
  }

  /** RST to both peers. */
  async reset(id: string, options?: CallOptions): Promise<void> {
    await this.#caller.text('DELETE', `/v1/sessions/${segment(id)}`, options)
  }
}
