import type { Fields } from '../core/fields.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultLimits, FaultPlan, Protocol } from '../core/plan.ts'
import {
  commonFields,
  readCommonFields,
  SELECTING_FIELDS,
  SHOWN_FIELDS,
  UNSUPPORTED_FIELDS,
} from '../faults/common-fields.ts'
import type { CommonFields } from '../faults/common-fields.ts'
import type { FaultDefinition } from '../faults/define.ts'
import { worksOnExchanges } from '../faults/describe.ts'
import { describeFault, faultDefinition, FAULTS, parseParams, type FaultDescription } from '../faults/index.ts'
import { join } from '../faults/issues.ts'
import { statusText } from '../faults/match-fields.ts'
import { didYouMean } from '../faults/nearest.ts'
import { type Params, readParams } from '../faults/parse-params.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import { readExchangeFields, refusal } from './exchange-input.ts'
import { readOutcomes } from './outcome-input.ts'
import { readRamps, refuseContradiction, type Ramps } from './ramp-input.ts'

export type { Fields }

/** What a fault is asked to be; who asks, and how often it has changed, is added by the control plane. */
export type WantedFault = Omit<FaultPlan, 'owner' | 'revision' | 'draw' | 'epoch' | 'ownerLimits'>

export interface ReadFault {
  readonly wanted: WantedFault
  /** Milliseconds. */
  readonly ttl: number | undefined
  /** Milliseconds. */
  readonly lease: number | undefined
}

/**
 * Validates a fault and answers it in base units. Fields that are `null` count as not given, and those that a fault is only shown with are
 * passed over. `path` is put in front of the names of fields in errors (`faults[2]`).
 *
 * @param protocol that of the proxy.
 * @throws FoulweatherError `missing_field`, `invalid_fault_type`, `invalid_value`.
 */
export function readFault(input: Fields, path = '', protocol: Protocol = 'tcp'): ReadFault {
  return readFaultOf(definitionOf(input['type'] ?? undefined, path), input, path, protocol)
}

/** The same for a type that is known: the `type` in `input` is not looked at. */
export function readFaultOf(definition: FaultDefinition, input: Fields, path: string, protocol: Protocol): ReadFault {
  const fields = Object.entries(input).filter(
    ([key, value]) => value !== undefined && (isParameter(definition, key) || !SHOWN_FIELDS.includes(key)),
  )
  for (const [key] of fields) refuseUnknown(definition, key, path)
  const written = fields.filter(([, value]) => value !== null)

  const common = readCommonFields(Object.fromEntries(written.filter(([key]) => isCommon(key))), path)
  const description = describeFault(definition)
  refuseWhatActsOnSessions(description, common, path)
  const exchanges = readExchangeFields(description, common, protocol, path)
  const ramp = readRamps(definition, description, common.ramp, path)
  const { probability: rampOfShare, ...rampsOfParams } = ramp ?? {}
  const params = Object.fromEntries(written.filter(([key]) => !isCommon(key)))
  refuseContradiction({ ...definition.params.shape, ...commonFields.shape }, { ...params, ...common }, ramp ?? {}, path)
  refuseRampBesideOutcomes(Object.keys(rampsOfParams), common, path)
  // The end of a ramp has to make sense beside the other parameters as well as its start.
  if (ramp !== undefined) readParams(definition, { ...params, ...ends(rampsOfParams, 'to') }, path)
  const direction = directionOf(description, common, path)
  const wanted = {
    name: common.name ?? defaultName(description, direction),
    type: definition.type,
    direction: direction ?? 'both',
    probability: rampOfShare?.from ?? common.probability ?? 1,
    per: perOf(description, common, path),
    ...exchanges,
    existing: common.existing === 'apply' ? undefined : common.existing,
    onRemove: common.on_remove === 'release' ? undefined : common.on_remove,
    schedule: definedOrNone(common.schedule),
    ramp,
    limits: planLimits(common.limits),
    shadow: common.shadow === true ? true : undefined,
    ...readOutcomes(definition, { ...params, ...ends(rampsOfParams, 'from') }, common.outcomes, path),
  }
  refuseUnusableText(wanted.name, path)
  const plan = defined(wanted)
  for (const part of ['match', 'exclude'] as const) refuseStatus(definition, plan, part, path)
  return { wanted: plan, ttl: common.ttl, lease: common.lease }
}

/** Limits as users write them → as the plan has them. */
export function planLimits(limits: CommonFields['limits']): FaultLimits | undefined {
  return definedOrNone({
    maxActive: limits?.max_active,
    maxInjections: limits?.max_injections,
    maxShare: limits?.max_share,
    maxAddedDelay: limits?.max_added_delay,
  })
}

/** @throws FoulweatherError where a fault that is at work before there is a response is asked for the status of one. */
function refuseStatus(
  definition: FaultDefinition,
  { part, direction, params, outcomes, ...plan }: WantedFault,
  field: 'match' | 'exclude',
  path: string,
): void {
  const status = plan[field]?.status
  if (status === undefined) return
  const refuse = (why: string): never => {
    const text = `it asks for the status of the response, and ${why}`
    throw refusal(join(path, field, 'status'), status.map(statusText), text, 'a fault that acts on responses')
  }
  if (part === 'body' && direction !== 'downstream') {
    refuse(`the body of a request goes on before there is one: expected direction downstream, not ${direction}`)
  }
  const all = outcomes?.map((outcome) => outcome.params) ?? [params]
  if (part === 'body' || all.every((each) => each === undefined || actsOnResponse(definition, each))) return
  refuse(`${definition.type} with these parameters acts before there is one${cureOf(definition, params)}`)
}

/** The word of a parameter with which it would act on the response. */
function cureOf(definition: FaultDefinition, params: Params): string {
  const choices = Object.entries(describeFault(definition).schema.properties ?? {}).flatMap(([name, schema]) =>
    typeof schema === 'object' ? (schema.enum ?? []).map((word) => [name, word] as const) : [],
  )
  const cure = choices.find(
    ([name, word]) => word !== params[name] && actsOnResponse(definition, { ...params, [name]: word }),
  )
  return cure === undefined ? '' : `; with ${cure[0]}: ${String(cure[1])} it acts on the response`
}

function actsOnResponse(definition: FaultDefinition, params: Params): boolean {
  return definition.actsOnResponse?.(params) ?? definition.request === undefined
}

/** @throws FoulweatherError: what each outcome says stands. */
function refuseRampBesideOutcomes(ramped: readonly string[], { outcomes }: CommonFields, path: string): void {
  const [name] = ramped
  if (outcomes === undefined || name === undefined) return
  const text = 'its outcomes have parameters of their own, which stand: only the probability can change over time'
  throw refusal(join(path, 'ramp', name), name, text, 'probability, or no outcomes')
}

function ends(ramps: Ramps, end: 'from' | 'to'): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(ramps).map(([name, ramp]) => [name, ramp[end]]))
}

function definitionOf(type: unknown, path: string): FaultDefinition {
  const field = join(path, 'type')
  const expected = `one of ${FAULTS.map((fault) => fault.type).join(', ')}`
  if (type === undefined)
    throw new FoulweatherError('missing_field', `${field} is missing: expected ${expected}`, { field, expected })
  if (typeof type !== 'string') throw refusal(field, type, `expected ${expected}`, expected)
  const definition = faultDefinition(type)
  if (definition !== undefined) return definition
  parseParams(type, {}, path)
  throw new Error(`${type} is a fault type after all`)
}

const isCommon = (key: string): boolean => Object.hasOwn(commonFields.shape, key)
const isParameter = ({ params }: FaultDefinition, key: string): boolean => Object.hasOwn(params.shape, key)

function refuseUnknown(definition: FaultDefinition, key: string, path: string): void {
  if (isCommon(key) || isParameter(definition, key)) return
  const field = join(path, key)
  const params = Object.keys(definition.params.shape)
  const common = Object.keys(commonFields.shape)
  const expected = `one of the parameters of ${definition.type} (${params.join(', ') || 'it has none'}) or of the common fields (${common.join(', ')})`
  const advice = Object.hasOwn(UNSUPPORTED_FIELDS, key) ? UNSUPPORTED_FIELDS[key] : undefined
  if (advice !== undefined) throw refusal(field, key, advice, expected)
  const hint = didYouMean(key, [...params, ...common])
  const text = `${definition.type} has no such parameter${hint} (it has: ${params.join(', ') || 'none'}; every fault has: ${common.join(', ')})`
  throw refusal(field, key, text, expected)
}

/** @throws FoulweatherError for a fault that acts on the whole proxy. */
function refuseWhatActsOnSessions({ type, directions }: FaultDescription, common: CommonFields, path: string): void {
  if (directions.length > 0) return
  const refuse = (name: string, value: unknown): never => {
    throw refusal(
      join(path, name),
      value,
      `${type} acts on the whole proxy, not on single sessions: it takes no ${name}`,
      'nothing',
    )
  }
  for (const name of SELECTING_FIELDS) if (common[name] !== undefined) refuse(name, common[name])
  for (const name of ['max_active', 'max_share'] as const) {
    if (common.limits?.[name] !== undefined) refuse(`limits.${name}`, common.limits[name])
  }
}

/** `undefined`: it acts on the whole proxy. Of bodies, those of responses are what is usually meant. */
function directionOf({ type, directions }: FaultDescription, { direction, part }: CommonFields, path: string) {
  const usual = part === 'body' && directions.includes('downstream') ? 'downstream' : directions[0]
  if (direction === undefined || directions.includes(direction)) return direction ?? usual
  const expected = directions.join(' or ')
  throw refusal(join(path, 'direction'), direction, `${type} takes ${expected}, not ${direction}`, expected)
}

const OF_BODIES = ['exchange', 'session'] as const

/** `undefined`: for each session, which is what the engine does by itself where a fault does not work on exchanges. */
function perOf(description: FaultDescription, { per: given, part }: CommonFields, path: string): FaultPlan['per'] {
  const { type } = description
  const onExchanges = worksOnExchanges(description, part)
  const per = part === 'body' ? OF_BODIES : description.per
  const chosen = given ?? per[0]
  if (chosen === undefined || per.includes(chosen)) return chosen === 'session' && !onExchanges ? undefined : chosen
  const expected = per.join(' or ')
  const what = part === 'body' ? `${type} with part: body` : type
  throw refusal(join(path, 'per'), chosen, `${what} draws per ${expected}, not per ${chosen}`, expected)
}

/** The direction is part of it where there is one to choose. */
function defaultName({ type, directions }: FaultDescription, direction: string | undefined): string {
  return direction === undefined || directions.length === 1 ? type : `${type}_${direction}`
}

/** Half a surrogate pair: no URL could name it. */
function refuseUnusableText(name: string, path: string): void {
  if (name.isWellFormed()) return
  const expected = 'a text without halves of surrogate pairs'
  throw refusal(join(path, 'name'), name.toWellFormed(), `expected ${expected}`, expected)
}
