import type { z } from 'zod'
import type {
  Arrival,
  ConnectContext,
  Door,
  DoorContext,
  Effect,
  StageContext,
  Verdict,
} from '../core/fault-factory.ts'
import type { ExchangeContext, RequestVerdict, ResponseVerdict } from '../core/exchange.ts'
import type { ClientHello, HandshakeVerdict } from '../core/handshake.ts'
import type { RequestHead, ResponseHead } from '../core/http.ts'
import type { Stage } from '../core/outlet.ts'
import type { FaultDirection } from '../core/words.ts'

export type ToxicUnit = 'ms' | 'µs' | 'bytes' | 'KB/s' | '0…1'

/** One attribute of a fault as Toxiproxy's API shows it: an integer (unless `float`) in Toxiproxy's own unit. */
export interface ToxicAttribute<Params> {
  /** Toxiproxy's name of the attribute; lower case. */
  readonly name: string
  /** Any finite number, not integers alone. Default: false. */
  readonly float?: boolean
  /** Toxiproxy's unit, for help and docs, and for values that the command line takes with another one. */
  readonly unit: ToxicUnit
  /** Toxiproxy's integer → our parameter. Takes every integer that Toxiproxy takes, the odd ones included. */
  toParams(value: number): Partial<Params>
  fromParams(params: Params): number
  /** Why a value cannot be taken; `undefined` = it can. For values that crash Toxiproxy and mean nothing. */
  refuse?(value: number): string | undefined
}

/**
 * One fault: everything that the project knows about it. Validation, the API's description, CLI help and the docs page are made
 * from this; the engine gets `stage`.
 */
export interface FaultDefinition<Schema extends z.ZodObject = z.ZodObject> {
  /** The name that users write; lower case with underscores. */
  readonly type: string
  /**
   * What it acts on: the bytes of a connection, how a connection comes about and lives, the exchanges of HTTP (it works for each exchange, on
   * proxies with that protocol alone), or TLS handshakes of clients.
   */
  readonly layer: 'transport' | 'connection' | 'http' | 'tls'
  /** Of its stage, unless `effectWith` says otherwise. */
  readonly effect: Effect
  /** Where a parameter decides. */
  effectWith?(params: z.output<Schema>): Effect
  /** One sentence, present tense, for lists and help. */
  readonly summary: string
  /** Markdown, for the docs page: exact behaviour on data, on ends, on live changes; what real cause it stands for; limits. */
  readonly details: string
  /** For the docs page and the tests: parameters that show what it is good for. As users write them. */
  readonly example: Readonly<Record<string, unknown>>
  readonly params: Schema
  /** Which directions it can be given; the first is the default. Default: downstream, upstream, both. */
  readonly directions?: readonly FaultDirection[]
  /** What `probability` may be drawn for; the first is the default. Default: `session` alone; with layer `http` `exchange`, or `session`. */
  readonly per?: readonly ('session' | 'chunk' | 'exchange')[]
  /** `proxy`: it acts on the whole proxy, so that it knows no direction, probability or match. Default: `session`. */
  readonly reach?: 'session' | 'proxy'
  /** Set where the effect is modelled: which model, and where it holds. Shown wherever the type is described. */
  readonly emulation?: { readonly model: string; readonly valid: string }
  /** What a user should know of these very parameters; shown with the answer and logged, the fault is taken all the same. */
  warnings?(params: z.output<Schema>): readonly string[]
  /** How Toxiproxy's clients see it; absent = they do not. An empty list is a toxic without attributes. */
  readonly toxic?: readonly ToxicAttribute<z.output<Schema>>[]
  /** Whether a rule of `match.status` can be asked of it: it does everything when the response has come. Default: whether there is no `request`. */
  actsOnResponse?(params: z.output<Schema>): boolean
  /** At work on the bytes of one direction of a session, or on the body of a message. At least one of these is there. */
  stage?(params: z.output<Schema>, context: StageContext, previous: Stage | undefined): Stage | undefined
  /** At work on new connections. `undefined` = let it pass. */
  connect?(params: z.output<Schema>, context: ConnectContext, arrival: Arrival): Verdict | undefined
  /** At work on one exchange when the head of its request has come. Asked again, with the same random sequence, while it waits. */
  request?(params: z.output<Schema>, context: ExchangeContext, head: RequestHead): RequestVerdict | undefined
  /** The same for the head of its response. */
  response?(
    params: z.output<Schema>,
    context: ExchangeContext,
    head: ResponseHead,
    request: RequestHead,
  ): ResponseVerdict | undefined
  /** It changes what a handshake is answered with, so the proxy has to be the one that answers (`tls.listen`). */
  readonly endsTls?: boolean
  /** At work on the TLS handshake of a client. */
  handshake?(params: z.output<Schema>, context: ConnectContext, hello: ClientHello): HandshakeVerdict | undefined
  /** How many numbers its sessions share over threads (`FaultContext.cells`). Default: 0. */
  readonly cells?: number
  /** At work on the listener. */
  door?(params: z.output<Schema>, context: DoorContext, previous: Door | undefined): Door
}

/** Identity, for the types: parameters are inferred from the schema. */
export function defineFault<Schema extends z.ZodObject>(definition: FaultDefinition<Schema>): FaultDefinition<Schema> {
  return definition
}
