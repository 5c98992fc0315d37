import { FoulweatherError } from '../core/errors.ts'
import type { Direction } from '../core/words.ts'
import type { FaultDefinition } from '../faults/define.ts'
import { faultDefinition, paramsToToxic, toxicToParams } from '../faults/index.ts'
import type { ToxicAttributes } from './records.ts'

/** A new fault as Toxiproxy's API asks for it. */
export interface ToxicInput {
  /** Default: `<type>_<stream>`. */
  readonly name?: string | undefined
  readonly type?: string | undefined
  /** `upstream` or `downstream` in any letter case. Default: `downstream`. */
  readonly stream?: string | undefined
  /** A 32-bit float. Default: 1. */
  readonly toxicity?: number | undefined
  readonly attributes: AttributeReader
}

/** What may be changed of a fault through Toxiproxy's API; what is not given stays as it is. */
export type ToxicUpdate = Pick<ToxicInput, 'toxicity' | 'attributes'>

/**
 * Reads the given attributes of a type: which names are known and what their values may be is clear only when the type is.
 *
 * @throws FoulweatherError `bad_request_body`.
 */
export type AttributeReader = (definition: ToxicDefinition) => ToxicAttributes

/** A fault that Toxiproxy's API can express. */
export type ToxicDefinition = FaultDefinition & Required<Pick<FaultDefinition, 'toxic'>>

/** @throws FoulweatherError `invalid_direction`. */
export function directionOf(stream: string): Direction {
  const direction = stream.toLowerCase()
  if (direction === 'upstream' || direction === 'downstream') return direction
  throw new FoulweatherError('invalid_direction', `stream is ${JSON.stringify(stream)}`, {
    field: 'stream',
    value: stream,
    expected: 'upstream or downstream',
  })
}

/** @throws FoulweatherError `invalid_fault_type`, also for faults that Toxiproxy's API cannot express. */
export function toxicDefinition(type: string): ToxicDefinition {
  const definition = faultDefinition(type)
  if (definition !== undefined && isToxic(definition)) return definition
  throw new FoulweatherError('invalid_fault_type', `type is ${JSON.stringify(type)}`, {
    field: 'type',
    value: type,
    expected: 'a type that GET /v1/fault-types lists with Toxiproxy attributes',
  })
}

export function isToxic(definition: FaultDefinition): definition is ToxicDefinition {
  return definition.toxic !== undefined
}

/**
 * The parameters that Toxiproxy's attributes stand for.
 *
 * @throws FoulweatherError `bad_request_body` for values that mean nothing (a negative rate).
 */
export function paramsOf(definition: ToxicDefinition, attributes: ToxicAttributes) {
  return toxicToParams(definition, numbers(attributes))
}

/** Every attribute of the type, in its order: as given, else as `current` has it, else the default. */
export function completeAttributes(
  definition: ToxicDefinition,
  given: ToxicAttributes,
  current?: ToxicAttributes,
): ToxicAttributes {
  const start = current ?? defaults(definition)
  return Object.fromEntries(definition.toxic.map(({ name }) => [name, given[name] ?? start[name] ?? 0n]))
}

function defaults(definition: ToxicDefinition): ToxicAttributes {
  return typed(definition, paramsToToxic(definition, toxicToParams(definition, {})) ?? {})
}

/** Plain numbers → what Toxiproxy's API has: integers, unless the attribute takes fractions. */
export function typed({ toxic }: ToxicDefinition, values: Readonly<Record<string, number>>): ToxicAttributes {
  return Object.fromEntries(
    toxic.map(({ name, float }) => {
      const value = values[name] ?? 0
      return [name, float === true ? value : BigInt(value)]
    }),
  )
}

function numbers(attributes: ToxicAttributes): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, Number(value)]))
}
