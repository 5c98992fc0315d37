import type { z } from 'zod'
import type { commonFields } from '../faults/common-fields.ts'
import type { acceptDelay } from '../faults/accept-delay.ts'
import type { bandwidth } from '../faults/bandwidth.ts'
import type { blackhole } from '../faults/blackhole.ts'
import type { cdnBadEdge } from '../faults/cdn-bad-edge.ts'
import type { cdnMixedVersions } from '../faults/cdn-mixed-versions.ts'
import type { cdnNotModified } from '../faults/cdn-not-modified.ts'
import type { cdnRange } from '../faults/cdn-range.ts'
import type { cdnStale } from '../faults/cdn-stale.ts'
import type { connectDelay } from '../faults/connect-delay.ts'
import type { connectFail } from '../faults/connect-fail.ts'
import type { corrupt } from '../faults/corrupt.ts'
import type { flap } from '../faults/flap.ts'
import type { halfOpen } from '../faults/half-open.ts'
import type { hang } from '../faults/hang.ts'
import type { httpBandwidth } from '../faults/http-bandwidth.ts'
import type { httpBody } from '../faults/http-body.ts'
import type { httpError } from '../faults/http-error.ts'
import type { httpHeaders } from '../faults/http-headers.ts'
import type { httpLatency } from '../faults/http-latency.ts'
import type { httpRateLimit } from '../faults/http-rate-limit.ts'
import type { httpReset } from '../faults/http-reset.ts'
import type { httpRewrite } from '../faults/http-rewrite.ts'
import type { httpStall } from '../faults/http-stall.ts'
import type { httpTruncate } from '../faults/http-truncate.ts'
import type { idleKill } from '../faults/idle-kill.ts'
import type { latency } from '../faults/latency.ts'
import type { lifetime } from '../faults/lifetime.ts'
import type { limitData } from '../faults/limit-data.ts'
import type { link } from '../faults/link.ts'
import type { loss } from '../faults/loss.ts'
import type { maxSessions } from '../faults/max-sessions.ts'
import type { noop } from '../faults/noop.ts'
import type { overload } from '../faults/overload.ts'
import type { packetLoss } from '../faults/packet-loss.ts'
import type { refuse } from '../faults/refuse.ts'
import type { reject } from '../faults/reject.ts'
import type { resetPeer } from '../faults/reset-peer.ts'
import type { slicer } from '../faults/slicer.ts'
import type { slowClose } from '../faults/slow-close.ts'
import type { stall } from '../faults/stall.ts'
import type { timeout } from '../faults/timeout.ts'
import type { tlsAlert } from '../faults/tls-alert.ts'
import type { tlsAlpn } from '../faults/tls-alpn.ts'
import type { tlsCertificate } from '../faults/tls-certificate.ts'
import type { tlsCut } from '../faults/tls-cut.ts'
import type { tlsDelay } from '../faults/tls-delay.ts'
import type { tlsStall } from '../faults/tls-stall.ts'
import type { tlsVersion } from '../faults/tls-version.ts'

/**
 * Faults as they are written, by type, for editors and the type check. All of it comes from the definitions of the faults; a test compares the
 * list with theirs.
 */
interface Definitions {
  latency: typeof latency
  bandwidth: typeof bandwidth
  slow_close: typeof slowClose
  timeout: typeof timeout
  reset_peer: typeof resetPeer
  slicer: typeof slicer
  limit_data: typeof limitData
  noop: typeof noop
  blackhole: typeof blackhole
  half_open: typeof halfOpen
  refuse: typeof refuse
  flap: typeof flap
  max_sessions: typeof maxSessions
  reject: typeof reject
  hang: typeof hang
  accept_delay: typeof acceptDelay
  connect_delay: typeof connectDelay
  connect_fail: typeof connectFail
  stall: typeof stall
  corrupt: typeof corrupt
  lifetime: typeof lifetime
  idle_kill: typeof idleKill
  overload: typeof overload
  loss: typeof loss
  packet_loss: typeof packetLoss
  link: typeof link
  http_error: typeof httpError
  http_latency: typeof httpLatency
  http_bandwidth: typeof httpBandwidth
  http_stall: typeof httpStall
  http_truncate: typeof httpTruncate
  http_reset: typeof httpReset
  http_headers: typeof httpHeaders
  http_rewrite: typeof httpRewrite
  http_body: typeof httpBody
  http_rate_limit: typeof httpRateLimit
  cdn_stale: typeof cdnStale
  cdn_range: typeof cdnRange
  cdn_not_modified: typeof cdnNotModified
  cdn_mixed_versions: typeof cdnMixedVersions
  cdn_bad_edge: typeof cdnBadEdge
  tls_delay: typeof tlsDelay
  tls_stall: typeof tlsStall
  tls_cut: typeof tlsCut
  tls_alert: typeof tlsAlert
  tls_certificate: typeof tlsCertificate
  tls_version: typeof tlsVersion
  tls_alpn: typeof tlsAlpn
}

/** `latency`, `http_error`, … */
export type FaultType = keyof Definitions

/** What a type of fault can be told beside what every fault can. */
export type FaultParams<Type extends FaultType> = Listed<z.input<Definitions[Type]['params']>>

/** Of a schema without fields zod says that no field may be there at all. */
type Listed<Fields> = string extends keyof Fields ? unknown : Fields

type Common = z.input<typeof commonFields>

/** What every fault can be told beside its type; `null` counts as not given. */
export type FaultCommon = Nullable<Omit<Common, 'type'>>

/** A parameter that has to be there otherwise need not be, where a ramp has its values, or the outcomes have. */
type Variable<Type extends FaultType> = Nullable<FaultParams<Type>> &
  (Required<Pick<Common, 'ramp'>> | Required<Pick<Common, 'outcomes'>>)

/** A fault of one type. */
export type FaultOf<Type extends FaultType> = { readonly type: Type } & FaultCommon &
  (FaultParams<Type> | Variable<Type>)

/** A fault as it is written: its `type`, the parameters of that type, and the fields that every fault may have. */
export type FaultInput = { [Type in FaultType]: FaultOf<Type> }[FaultType]

/** What is to be otherwise; `null` takes a field away, or brings its default back. Name and type stay. */
export type FaultPatch<Type extends FaultType = FaultType> = Omit<FaultCommon, 'name'> &
  { [Each in Type]: Nullable<FaultParams<Each>> }[Type]

type Nullable<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null }
