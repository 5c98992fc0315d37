import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import type { FaultDefinition, ToxicAttribute } from './define.ts'
import { show } from './issues.ts'
import { type Params, readParams } from './parse-params.ts'

/**
 * Toxiproxy's attributes → validated parameters. What is not given (absent or `null`) stays as in `current`, or is the parameter's default, or
 * 0 if it has none, as Toxiproxy has it. Names are matched in any letter case, the last of several wins; unknown ones are ignored. Throws
 * `bad_request_body`.
 */
export function toxicToParams(definition: FaultDefinition, attributes: Params, current?: Params): Params {
  const toxic = definition.toxic ?? []
  const params: Record<string, unknown> = { ...(current ?? zeros(definition, toxic)) }
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = toxic.find(({ name }) => name === key.toLowerCase())
    if (attribute === undefined || value === null || value === undefined) continue
    if (typeof value !== 'number' || !(attribute.float === true ? Number.isFinite(value) : Number.isInteger(value)))
      throw refused(attribute.name, value, `it must be ${attribute.float === true ? 'a number' : 'an integer'}`)
    const reason = attribute.refuse?.(value)
    if (reason !== undefined) throw refused(attribute.name, value, reason)
    Object.assign(params, attribute.toParams(value))
  }
  return readParams(definition, params, 'attributes')
}

/** The parameters that have no default of their own, as 0 has them. */
function zeros({ params }: FaultDefinition, toxic: readonly ToxicAttribute<Params>[]): Params {
  const all = toxic.flatMap((attribute) => Object.entries(attribute.toParams(0)))
  return Object.fromEntries(all.filter(([name]) => !hasDefault(params.shape[name])))
}

function hasDefault(kind: z.core.$ZodType | undefined): boolean {
  return kind !== undefined && z.safeParse(kind, undefined).success
}

/** Validated parameters → all of Toxiproxy's attributes of the type, in its units. `undefined`: its clients do not see this fault. */
export function paramsToToxic(definition: FaultDefinition, params: Params): Record<string, number> | undefined {
  if (definition.toxic === undefined) return undefined
  return Object.fromEntries(definition.toxic.map((attribute) => [attribute.name, attribute.fromParams(params)]))
}

function refused(name: string, value: unknown, why: string): FoulweatherError {
  return new FoulweatherError('bad_request_body', `bad request body: attribute ${name}: ${why}, got ${show(value)}`, {
    field: `attributes.${name}`,
    value,
    expected: why,
  })
}
