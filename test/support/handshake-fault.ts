import type { ClientHello, HandshakeVerdict } from '../../src/core/handshake.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import { faultFactory, parseParams } from '../../src/faults/index.ts'
import { SharedObjects } from './fault-chain.ts'

type Params = Readonly<Record<string, unknown>>

/** What a client of today says. */
export const HELLO: ClientHello = { servername: 'db.example', alpn: ['h2', 'http/1.1'], version: 0x0304 }

/** A fault that works on TLS handshakes, as the engine asks it: with parameters as users write them, without sockets. */
export class HandshakeFault {
  readonly counters = { seen: 0, selected: 0, applied: 0 }
  /** What the fault put on record itself. */
  readonly records: string[] = []
  readonly #type: string
  readonly #randomOf: () => Random

  /** Each asking begins the sequence anew. */
  constructor(type: string, randomOf: () => Random = () => randomFor(1, type)) {
    this.#type = type
    this.#randomOf = randomOf
  }

  handshake(params: Params, hello: Partial<ClientHello> = {}): HandshakeVerdict | undefined {
    const type = this.#type
    const parsed = parseParams(type, params)
    const plan = {
      name: type,
      type,
      direction: 'both',
      probability: 1,
      params: parsed,
      owner: 'api',
      revision: 0,
      draw: 0,
    } as const
    const context = {
      random: this.#randomOf(),
      counters: this.counters,
      ending: { origin: 'injected', reason: type },
      shared: new SharedObjects().of(type),
      cells: new SharedObjects().cellsOf(type),
      record: (_: number, what: string) => this.records.push(what),
      direction: 'both',
    } as const
    return faultFactory.handshake(plan, context, { ...HELLO, ...hello })
  }
}
