import type { FaultDirection } from './words.ts'

/**
 * One validated fault, as plain data (it survives a structured clone). What is optional is absent unless it was asked for. All times are
 * milliseconds.
 */
export interface FaultPlan {
  /** Unique within its proxy. */
  readonly name: string
  readonly type: string
  readonly direction: FaultDirection
  /** 0…1: the share of sessions (or chunks, see `per`) that it selects. */
  readonly probability: number
  /** What is drawn for: each session once (the default), each chunk that comes in, or each exchange. */
  readonly per?: 'session' | 'chunk' | 'exchange'
  /** What a fault on bytes works on where the protocol is `http`. Default: `connection`, as with `tcp`. */
  readonly part?: 'connection' | 'body'
  /** Which sessions it may select at all; absent = every one. */
  readonly match?: FaultMatch
  /** Of those that match, which it leaves alone. */
  readonly exclude?: ExchangeMatch
  /** By the order in which the exchanges that match otherwise meet the fault. */
  readonly count?: Count
  /** Exchanges with the same key always draw the same. */
  readonly stickyBy?: StickyKey
  /** One of these is drawn for each exchange that it selects, in proportion to their weights. */
  readonly outcomes?: readonly Outcome[]
  /** What becomes of sessions that are older than the fault. Default: `apply`. */
  readonly existing?: 'apply' | 'skip' | 'reset'
  /** What becomes of the sessions that it works on when it is removed. Default: `release`: what it holds goes on at once. */
  readonly onRemove?: 'release' | 'reset'
  /** When it works; absent = always. */
  readonly schedule?: FaultSchedule
  /** Numeric parameters (or `probability`) that change over time, by name; their start value is in `params` too. */
  readonly ramp?: Readonly<Record<string, Ramp>>
  readonly limits?: FaultLimits
  /** Limits of everything together that has the same `owner`, from the profile that it comes from. */
  readonly ownerLimits?: FaultLimits
  /** It only counts what it would have hit. Default: false. */
  readonly shadow?: boolean
  /** Parameters in base units (milliseconds, bytes, bytes per second), as the fault's schema has produced them. */
  readonly params: Readonly<Record<string, unknown>>
  /** `api`, `profile:<name>`, `experiment:<id>`. */
  readonly owner: string
  /** Changes whenever anything above changes: the engine then makes new stages. */
  readonly revision: number
  /** Changes whenever live sessions have to draw again whether the fault selects them. */
  readonly draw: number
  /** Changes whenever the fault counts as newly added: schedule, ramp and limits begin again. Default: 0. */
  readonly epoch?: number
}

/**
 * Which exchanges; everything that is given has to hold. Patterns are whole texts with `*` for any run of characters and `?` for one, or, between
 * slashes, regular expressions that may hold anywhere (`/^\\/api\\//i`).
 */
export interface ExchangeMatch {
  /** As `FaultMatch.client`. */
  readonly client?: readonly string[]
  /** In upper case; one of them. */
  readonly method?: readonly string[]
  /** Patterns of the path without the query; one of them. */
  readonly path?: readonly string[]
  /** Patterns of the host without its port, in lower case; one of them. */
  readonly host?: readonly string[]
  /** Patterns by the name of a parameter, after percent-decoding; all of them. `null` = it may not be there. */
  readonly query?: Readonly<Record<string, string | null>>
  /** Patterns by the name of a request field in lower case; all of them. `null` = it may not be there. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Ranges of the status of the response, both ends included; one of them. */
  readonly status?: readonly (readonly [from: number, to: number])[]
}

/** The draw of an exchange hangs on the address of its client, or on the value of a request field (lower case). */
export type StickyKey = { readonly kind: 'client' } | { readonly kind: 'header'; readonly name: string }

export interface Outcome {
  /** Above 0; only its share of the sum counts. */
  readonly weight: number
  /** In the place of those of the fault; `undefined` = nothing is done. */
  readonly params: Readonly<Record<string, unknown>> | undefined
  /** Which of them were written for this outcome; the others are those of the fault. */
  readonly own?: readonly string[]
}

export interface FaultMatch extends ExchangeMatch {
  /** Client addresses in CIDR notation; one of them has to hold the client. An address without a prefix length is that one alone. */
  readonly client?: readonly string[]
  /** By the order in which sessions that match otherwise meet the fault. */
  readonly session?: Count
  /** Patterns of the name that the client asks for in its TLS handshake (SNI), lower case; one of them. */
  readonly sni?: readonly string[]
}

/** Of those that come: leave out `skip`, then take the `first` so many, or each `every`-th, and `max` at most. */
export interface Count {
  readonly skip?: number
  readonly first?: number
  /** 1 = each; 3 = the third, sixth, … after those that were left out. */
  readonly every?: number
  readonly max?: number
}

/** Works from `after` (counted from when the fault was added) for `for`, and so again every `every`. */
export interface FaultSchedule {
  /** Default: 0. */
  readonly after?: number
  /** Default: without end. */
  readonly for?: number
  /** From the beginning of one window to that of the next; longer than `for`. Default: one window. */
  readonly every?: number
}

/** Goes from `from` to `to` evenly over `over`, and stays there. Counted from when the fault first works; in steps. */
export interface Ramp {
  readonly from: number
  readonly to: number
  readonly over: number
  /** Only whole values on the way (bytes, counts). Default: false. */
  readonly whole?: boolean
}

/** Bounds of what a fault, all faults of a profile, or all faults of the process may do. */
export interface FaultLimits {
  /** On how many sessions (or exchanges) it works at the same time at most: the next one is left alone. */
  readonly maxActive?: number
  /** How often it acts at most; then it is spent. */
  readonly maxInjections?: number
  /** 0…1: of the sessions (or exchanges) that it has seen, 20 at least, the share that it may select; with a larger one it is disarmed. */
  readonly maxShare?: number
  /** What it may add to one session, chunk or exchange, milliseconds; before it would add more it is disarmed. */
  readonly maxAddedDelay?: number
}

export type Protocol = 'tcp' | 'http'

/** What a proxy with protocol `http` does beside relaying. Absent = the default. */
export interface HttpOptions {
  /** Messages that are ambiguous or broken are passed on as bytes instead of refused. Default: false. */
  readonly lenient?: boolean
  /** The `Host` that the upstream is sent: the client's (`preserve`, the default), the address of the `upstream`, or another name. */
  readonly host?: string
  /** Adds the client to `X-Forwarded-For`, and sets `X-Forwarded-Proto` and `X-Forwarded-Host`. Default: false. */
  readonly forwardedFor?: boolean
  /** Requests may ask for faults of their own (`x-foulweather-delay`, …). Default: false. */
  readonly headerFaults?: boolean
  /** Responses that a fault has worked on say so (`x-foulweather: <names>`). Default: false. */
  readonly tell?: boolean
  /** Bytes that a head may have. Default: 16 384. */
  readonly maxHead?: number
  /** Fields that a head may have. Default: 128. */
  readonly maxHeaders?: number
}

/** Files are read when the plan is made: all of these are PEM texts. */
export interface TlsOptions {
  /** Speak TLS to the upstream. */
  readonly upstream?: {
    /** Default: the host of the upstream. */
    readonly servername?: string
    /** Whom to trust instead of the usual authorities. */
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    /** Default: true. */
    readonly verify?: boolean
    readonly alpn?: readonly string[]
  }
  /** Speak TLS to clients. */
  readonly listen?: {
    /** With `key`; absent = made on the fly for the name that the client asks for, by the local authority. */
    readonly cert?: string
    readonly key?: string
    /** Certificate and key of the local authority. */
    readonly authority?: { readonly cert: string; readonly key: string }
    /** Names for clients that ask for none. Default: `localhost`. */
    readonly names?: readonly string[]
    /** Clients have to show a certificate that one of these has signed. */
    readonly clientCa?: string
    /** Default: `http/1.1` where the protocol is `http`, otherwise what the client offers. */
    readonly alpn?: readonly string[]
  }
  /** Look at the client's first bytes for the name that it asks for, without ending its TLS. Default: only where a fault asks. */
  readonly peek?: boolean
}

/** The header with the client's address (HAProxy's PROXY protocol). */
export interface ProxyProtocolOptions {
  /** Clients send one, version 1 or 2. Default: false. */
  readonly accept?: boolean
  /** The upstream is sent one. Default: none. */
  readonly send?: 'v1' | 'v2'
}

/** One validated proxy, as plain data. */
export interface ProxyPlan {
  readonly name: string
  /** `host:port`, `[v6]:port`, `:port` or `unix:/path`. */
  readonly listen: string
  /** `host:port`, `[v6]:port` or `unix:/path`; resolved anew for each session. */
  readonly upstream: string
  readonly enabled: boolean
  readonly protocol: Protocol
  readonly http?: HttpOptions
  readonly tls?: TlsOptions
  readonly proxyProtocol?: ProxyProtocolOptions
  /** In order: bytes pass the first one first, in both directions. */
  readonly faults: readonly FaultPlan[]
}

/** A change to what is in force. Proxies that are not named stay as they are. */
export interface PlanChange {
  readonly put?: readonly ProxyPlan[]
  readonly remove?: readonly string[]
  /** Faults go without what they were to do when they go (`onRemove`). */
  readonly mercy?: boolean
}
