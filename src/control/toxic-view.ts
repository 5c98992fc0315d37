import { isDeepStrictEqual } from 'node:util'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultPlan } from '../core/plan.ts'
import type { Params } from '../faults/parse-params.ts'
import { faultDefinition, paramsToToxic, toxicToParams } from '../faults/index.ts'
import type { FaultRecord, ToxicAttributes, ToxicView } from './records.ts'
import { isToxic, typed, type ToxicDefinition } from './toxic-input.ts'

/**
 * How Toxiproxy's clients see a fault; `undefined` = they do not. A fault that says more than a toxic can say is not shown to them: they
 * would take it for something else, and write that back.
 *
 * Of `before`, the fault as it was, is kept what has not changed: clients read back what they wrote, odd values included.
 */
export function toxicViewOf(plan: FaultPlan, before?: FaultRecord): ToxicView | undefined {
  const definition = faultDefinition(plan.type)
  if (definition === undefined || !isToxic(definition) || plan.direction === 'both' || saysMore(plan)) return undefined
  const shown = before?.toxic
  const attributes =
    shown !== undefined && isDeepStrictEqual(before?.plan.params, plan.params)
      ? shown.attributes
      : attributesOf(definition, plan.params)
  if (attributes === undefined) return undefined
  return {
    attributes,
    stream: shown !== undefined && before?.plan.direction === plan.direction ? shown.stream : plan.direction,
    toxicity:
      shown !== undefined && before?.plan.probability === plan.probability
        ? shown.toxicity
        : Math.fround(plan.probability),
  }
}

/** Fields of a plan that a toxic has nothing for. */
const MORE = [
  'match',
  'exclude',
  'count',
  'stickyBy',
  'outcomes',
  'part',
  'per',
  'existing',
  'onRemove',
  'schedule',
  'shadow',
  'ramp',
  'limits',
] as const

function saysMore(plan: FaultPlan): boolean {
  return MORE.some((field) => plan[field] !== undefined)
}

/** `undefined`: Toxiproxy's attributes cannot hold these parameters exactly. */
function attributesOf(definition: ToxicDefinition, params: Params): ToxicAttributes | undefined {
  const values = paramsToToxic(definition, params) ?? {}
  const fit = definition.toxic.every(({ name, float }) =>
    float === true ? Number.isFinite(values[name]) : Number.isSafeInteger(values[name]),
  )
  if (!fit || !isDeepStrictEqual(readBack(definition, values), params)) return undefined
  return typed(definition, values)
}

function readBack(definition: ToxicDefinition, values: Readonly<Record<string, number>>): Params | undefined {
  try {
    return toxicToParams(definition, values)
  } catch (error) {
    if (error instanceof FoulweatherError) return undefined
    throw error
  }
}
