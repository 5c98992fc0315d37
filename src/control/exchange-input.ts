import { defined, definedOrNone } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultPlan, Protocol } from '../core/plan.ts'
import type { CommonFields } from '../faults/common-fields.ts'
import { worksOnExchanges, type FaultDescription } from '../faults/describe.ts'
import { join } from '../faults/issues.ts'
import { EXCHANGE_FIELDS } from '../faults/match-fields.ts'

/** What of a plan says which exchanges a fault works on. */
export type ExchangePlan = Pick<FaultPlan, 'part' | 'match' | 'exclude' | 'count' | 'stickyBy'>

/**
 * Reads what says which sessions and exchanges a fault works on.
 *
 * @param protocol that of the proxy.
 * @throws FoulweatherError `invalid_value` for fields that a fault on this proxy cannot have.
 */
export function readExchangeFields(
  description: FaultDescription,
  common: CommonFields,
  protocol: Protocol,
  path: string,
): ExchangePlan {
  refusePart(description, common, protocol, path)
  const onExchanges = worksOnExchanges(description, common.part)
  if (onExchanges) refuseWhatMeansSessions(common, path)
  else refuseWhatMeansExchanges(description, common, protocol, path)
  const { match } = common
  return defined({
    part: common.part === 'body' ? common.part : undefined,
    match: definedOrNone(match && { ...match, session: definedOrNone(match.session) }),
    exclude: definedOrNone(common.exclude),
    count: definedOrNone(common.count),
    stickyBy: common.sticky_by,
  })
}

function refusePart(
  { type, layer, parts }: FaultDescription,
  { part }: CommonFields,
  protocol: Protocol,
  path: string,
): void {
  if (layer === 'http' && protocol === 'tcp') throw needsHttp('type', type, `${type} works on exchanges of HTTP`, path)
  if (part === undefined || (part === 'connection' && layer !== 'http')) return
  const field = join(path, 'part')
  if (!parts.includes(part)) {
    const why = layer === 'http' ? 'works on exchanges' : 'does nothing to bytes'
    throw refusal(field, part, `${type} ${why}: it takes no part`, 'nothing')
  }
  if (protocol === 'tcp') throw needsHttp('part', part, 'only messages of HTTP have bodies', path)
}

/** Each exchange is decided upon when it comes: the age of its session, and its fate afterwards, are no part of that. */
function refuseWhatMeansSessions(common: CommonFields, path: string): void {
  for (const [name, usual] of [
    ['existing', 'apply'],
    ['on_remove', 'release'],
  ] as const) {
    const value = common[name]
    if (value === undefined || value === usual) continue
    const text = `it is decided upon for each exchange, and resets no sessions: expected ${usual}, or nothing`
    throw refusal(join(path, name), value, text, usual)
  }
  if (common.sticky_by === undefined || common.per === undefined || common.per === 'exchange') return
  const text = `exchanges draw for themselves only with per: exchange, not with per: ${common.per}`
  throw refusal(join(path, 'sticky_by'), stickyText(common.sticky_by), text, 'nothing, or per: exchange')
}

function refuseWhatMeansExchanges(
  { type, parts }: FaultDescription,
  common: CommonFields,
  protocol: Protocol,
  path: string,
): void {
  for (const [name, value] of meaningExchanges(common)) {
    const why = 'it is about exchanges of HTTP'
    if (protocol === 'tcp') throw needsHttp(name, value, why, path)
    const cure = parts.includes('body') ? `; with part: body ${type} works on the bodies of messages` : ''
    throw refusal(join(path, name), value, `${why}, and ${type} works on connections${cure}`, 'nothing')
  }
}

function meaningExchanges(common: CommonFields): readonly (readonly [name: string, value: unknown])[] {
  const { match = {}, exclude, count, outcomes, sticky_by: sticky, per } = common
  const all = [
    ...EXCHANGE_FIELDS.map((name) => [`match.${name}`, match[name]] as const),
    ['exclude', definedOrNone(exclude)] as const,
    ['count', definedOrNone(count)] as const,
    ['sticky_by', sticky && stickyText(sticky)] as const,
    ['outcomes', outcomes] as const,
    ['per', per === 'exchange' ? per : undefined] as const,
  ]
  return all.filter(([, value]) => value !== undefined)
}

/** As it is written. */
export function stickyText(key: NonNullable<FaultPlan['stickyBy']>): string {
  return key.kind === 'client' ? 'client' : `header:${key.name}`
}

function needsHttp(name: string, value: unknown, why: string, path: string): FoulweatherError {
  const text = `${why}: the proxy has to have protocol http, and has tcp`
  return refusal(join(path, name), value, text, 'a proxy with protocol http')
}

export function refusal(field: string, value: unknown, text: string, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `${field}: ${text}`, { field, value, expected })
}
