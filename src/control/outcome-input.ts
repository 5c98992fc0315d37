import { isDeepStrictEqual } from 'node:util'
import { FoulweatherError } from '../core/errors.ts'
import type { Outcome } from '../core/plan.ts'
import type { CommonFields } from '../faults/common-fields.ts'
import type { FaultDefinition } from '../faults/define.ts'
import { invalid, join } from '../faults/issues.ts'
import { type Params, readParams } from '../faults/parse-params.ts'

/** The parameters of a fault, and of its outcomes. */
export interface ReadOutcomes {
  readonly params: Params
  /** Absent: it has none. */
  readonly outcomes?: readonly Outcome[]
}

/**
 * Reads the parameters of a fault with those of its outcomes: each outcome says what is different, `null` = not given there. Where every outcome
 * says all that is needed, the fault itself does not have to: then it has the parameters of the first.
 *
 * @param params as written.
 * @throws FoulweatherError `missing_field`, `invalid_value`.
 */
export function readOutcomes(
  definition: FaultDefinition,
  params: Params,
  given: CommonFields['outcomes'],
  path: string,
): ReadOutcomes {
  if (given === undefined) return { params: readParams(definition, params, path) }
  const outcomes = given.map((outcome, index) =>
    readOutcome(definition, params, outcome, join(path, 'outcomes', index)),
  )
  const base = ownParams(definition, params, outcomes, path)
  return { params: base, outcomes: outcomes.map((outcome) => withNames(outcome, base)) }
}

/** What an outcome says itself: what was written, and what is different from the fault. Shown and read again, it says the same. */
function withNames({ weight, params, own = [] }: Outcome, base: Params): Outcome {
  if (params === undefined) return { weight, params }
  const all = [...new Set([...Object.keys(base), ...Object.keys(params)])].sort()
  return {
    weight,
    params,
    own: all.filter((name) => own.includes(name) || !isDeepStrictEqual(params[name], base[name])),
  }
}

function readOutcome(
  definition: FaultDefinition,
  base: Params,
  { weight, pass, ...own }: NonNullable<CommonFields['outcomes']>[number],
  path: string,
): Outcome {
  if (pass === true) {
    const [other] = Object.keys(own)
    if (other !== undefined) throw invalid(join(path, other), own[other], 'nothing beside `pass: true`')
    return { weight, params: undefined }
  }
  for (const [name, value] of Object.entries(own)) {
    // What takes nothing away has to be a name all the same.
    if (value === null && !Object.hasOwn(definition.params.shape, name)) readParams(definition, { [name]: value }, path)
  }
  const merged = Object.entries({ ...base, ...own }).filter(([, value]) => value !== null)
  return { weight, params: readParams(definition, Object.fromEntries(merged), path), own: Object.keys(own) }
}

function ownParams(definition: FaultDefinition, params: Params, outcomes: readonly Outcome[], path: string): Params {
  try {
    return readParams(definition, params, path)
  } catch (error) {
    const first = outcomes.find((outcome) => outcome.params !== undefined)?.params
    if (first !== undefined && error instanceof FoulweatherError && error.code === 'missing_field') return first
    throw error
  }
}

/** Outcomes as they could be written beside the parameters of the fault. A change of the fault reaches what an outcome does not say itself. */
export function outcomeFields(outcomes: readonly Outcome[]): readonly object[] {
  return outcomes.map(({ weight, params, own = [] }) => {
    if (params === undefined) return { weight, pass: true }
    return { weight, ...Object.fromEntries(own.map((name) => [name, params[name] ?? null])) }
  })
}
