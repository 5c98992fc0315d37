import type { ExchangeFacts } from '../../src/engine/http/exchange-facts.ts'
import { ExchangeCounters } from '../../src/engine/http/exchange-counters.ts'
import { ExchangeLog } from '../../src/engine/http/exchange-log.ts'
import { AdminRig } from './admin-rig.ts'

/** 2026-01-31T12:00:00.000Z. */
export const NOON = Date.UTC(2026, 0, 31, 12)

/** An exchange that an upstream has answered with 200. */
export function exchangeFacts(more: Partial<ExchangeFacts> = {}): ExchangeFacts {
  return {
    session: '7',
    exchange: 1,
    client: '127.0.0.1:5000',
    method: 'GET',
    target: '/',
    status: 200,
    upstreamStatus: 200,
    origin: 'upstream',
    outcome: 'answered',
    faults: [],
    wall: NOON,
    totalMs: 12.5,
    upstreamMs: 10,
    requestBytes: 100,
    responseBytes: 2000,
    ...more,
  }
}

export interface ExchangeRigOptions {
  readonly port?: number
  readonly kept?: number
  readonly showQueries?: boolean
}

/** An admin server on a socket whose exchanges are those that are recorded here, through the recorder that sessions tell of them. */
export class ExchangeRig extends AdminRig {
  readonly log: ExchangeLog

  private constructor({ port = 0, kept = 1000, showQueries = false }: ExchangeRigOptions) {
    super({ port })
    this.log = new ExchangeLog(kept, showQueries)
    this.dataPlane.exchanges = (filter) => this.log.list(filter)
    this.dataPlane.exchangeLog = () => this.log.info
  }

  static async start(options: ExchangeRigOptions = {}): Promise<ExchangeRig> {
    const rig = new ExchangeRig(options)
    await rig.admin.start()
    return rig
  }

  /** Exchanges of `proxy`, one after the other. */
  record(proxy: string, ...exchanges: readonly Partial<ExchangeFacts>[]): void {
    const recorder = new ExchangeCounters().recorder(this.log, proxy)
    for (const more of exchanges) {
      recorder.began()
      recorder.ended(exchangeFacts(more))
    }
  }
}
