import { FoulweatherError } from '../core/errors.ts'
import type { FaultFactory } from '../core/fault-factory.ts'
import { acceptDelay } from './accept-delay.ts'
import { bandwidth } from './bandwidth.ts'
import { blackhole } from './blackhole.ts'
import { cdnBadEdge } from './cdn-bad-edge.ts'
import { cdnMixedVersions } from './cdn-mixed-versions.ts'
import { cdnNotModified } from './cdn-not-modified.ts'
import { cdnRange } from './cdn-range.ts'
import { cdnStale } from './cdn-stale.ts'
import { connectDelay } from './connect-delay.ts'
import { connectFail } from './connect-fail.ts'
import { corrupt } from './corrupt.ts'
import type { FaultDefinition } from './define.ts'
import { flap } from './flap.ts'
import { halfOpen } from './half-open.ts'
import { hang } from './hang.ts'
import { headerFaults } from './header-faults.ts'
import { httpBandwidth } from './http-bandwidth.ts'
import { httpBody } from './http-body.ts'
import { httpError } from './http-error.ts'
import { httpHeaders } from './http-headers.ts'
import { httpLatency } from './http-latency.ts'
import { httpRateLimit } from './http-rate-limit.ts'
import { httpReset } from './http-reset.ts'
import { httpRewrite } from './http-rewrite.ts'
import { httpStall } from './http-stall.ts'
import { httpTruncate } from './http-truncate.ts'
import { idleKill } from './idle-kill.ts'
import { latency } from './latency.ts'
import { lifetime } from './lifetime.ts'
import { limitData } from './limit-data.ts'
import { link } from './link.ts'
import { loss } from './loss.ts'
import { maxSessions } from './max-sessions.ts'
import { join } from './issues.ts'
import { didYouMean, nearest } from './nearest.ts'
import { noop } from './noop.ts'
import { packetLoss } from './packet-loss.ts'
import { overload } from './overload.ts'
import { type Params, readParams } from './parse-params.ts'
import { registry } from './registry.ts'
import { refuse } from './refuse.ts'
import { reject } from './reject.ts'
import { resetPeer } from './reset-peer.ts'
import { slicer } from './slicer.ts'
import { slowClose } from './slow-close.ts'
import { stall } from './stall.ts'
import { timeout } from './timeout.ts'
import { tlsAlert } from './tls-alert.ts'
import { tlsAlpn } from './tls-alpn.ts'
import { tlsCertificate } from './tls-certificate.ts'
import { tlsCut } from './tls-cut.ts'
import { tlsDelay } from './tls-delay.ts'
import { tlsStall } from './tls-stall.ts'
import { tlsVersion } from './tls-version.ts'

import { effectOf } from './describe.ts'

export { describeFault, effectOf, type FaultDescription, type ParamsJsonSchema } from './describe.ts'
export { RESERVED } from './registry.ts'
export { paramsToToxic, toxicToParams } from './toxic-params.ts'

/** THE list of faults. A new one is one file and one line here. */
export const FAULTS: readonly FaultDefinition[] = [
  latency,
  bandwidth,
  slowClose,
  timeout,
  resetPeer,
  slicer,
  limitData,
  noop,
  blackhole,
  halfOpen,
  refuse,
  flap,
  maxSessions,
  reject,
  hang,
  acceptDelay,
  connectDelay,
  connectFail,
  stall,
  corrupt,
  lifetime,
  idleKill,
  overload,
  loss,
  packetLoss,
  link,
  httpError,
  httpLatency,
  httpBandwidth,
  httpStall,
  httpTruncate,
  httpReset,
  httpHeaders,
  httpRewrite,
  httpBody,
  httpRateLimit,
  cdnStale,
  cdnRange,
  cdnNotModified,
  cdnMixedVersions,
  cdnBadEdge,
  tlsDelay,
  tlsStall,
  tlsCut,
  tlsAlert,
  tlsCertificate,
  tlsVersion,
  tlsAlpn,
]

const byType = registry(FAULTS)

export function faultDefinition(type: string): FaultDefinition | undefined {
  return byType.get(type)
}

/** For "did you mean": the type that `text` is most like; `undefined` = none is near. */
export function nearestType(text: string): string | undefined {
  return nearest(text, [...byType.keys()])
}

/**
 * Validates the parameters of a fault and answers them in base units. `input` holds the parameters alone, without the common fields; `path` is put
 * in front of field names in errors. Throws `invalid_fault_type`, `invalid_value` (also for an unknown key) or `missing_field`.
 */
export function parseParams(type: string, input: unknown, path = ''): Params {
  const definition = byType.get(type)
  if (definition !== undefined) return readParams(definition, input, path)
  const types = [...byType.keys()].join(', ')
  throw new FoulweatherError(
    'invalid_fault_type',
    `there is no fault type "${type}"${didYouMean(type, [...byType.keys()])} (there are: ${types})`,
    {
      field: join(path, 'type'),
      value: type,
      expected: `one of ${types}`,
    },
  )
}

function known(type: string): FaultDefinition {
  const definition = byType.get(type)
  if (definition === undefined) throw new Error(`a plan names the unknown fault type ${type}`)
  return definition
}

/** What the engine makes faults work with. Parameters were validated at the door, so they are trusted here. */
export const faultFactory: FaultFactory = {
  stage: (fault, context, previous) => known(fault.type).stage?.(fault.params, context, previous),
  hasStage: ({ type }) => known(type).stage !== undefined,
  hasConnect: ({ type }) => known(type).connect !== undefined,
  connect: (fault, context, arrival) => known(fault.type).connect?.(fault.params, context, arrival),
  door: (fault, context, previous) => known(fault.type).door?.(fault.params, context, previous),
  level: ({ type, part }) => (part === 'body' || known(type).layer === 'http' ? 'exchange' : 'session'),
  request: (fault, context, head) => known(fault.type).request?.(fault.params, context, head),
  response: (fault, context, head, request) => known(fault.type).response?.(fault.params, context, head, request),
  asked(head) {
    const asked = headerFaults(head)
    return 'refusal' in asked || asked.names.length > 0 ? asked : undefined
  },
  handshake: (fault, context, hello) => known(fault.type).handshake?.(fault.params, context, hello),
  hasHandshake: ({ type }) => known(type).handshake !== undefined,
  effectOf: ({ type, params }) => effectOf(known(type), params),
  cells: (type) => known(type).cells ?? 0,
}
