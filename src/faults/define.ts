import type { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { Effect, StageContext } from '../core/stage-factory.ts'

export type ToxicUnit = 'ms' | 'µs' | 'bytes' | 'KB/s'

/** One attribute of a fault as Toxiproxy's API shows it: an integer in Toxiproxy's own unit. */
export interface ToxicAttribute<Params> {
  /** Toxiproxy's name of the attribute; lower case. */
  readonly name: string
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
  /** What it acts on: the bytes of a connection, the exchanges of HTTP, … */
  readonly layer: 'transport'
  readonly effect: Effect
  /** One sentence, present tense, for lists and help. */
  readonly summary: string
  /** Markdown, for the docs page: exact behaviour on data, on ends, on live changes; what real cause it stands for; limits. */
  readonly details: string
  readonly params: Schema
  /** How Toxiproxy's clients see it; absent = they do not. An empty list is a toxic without attributes. */
  readonly toxic?: readonly ToxicAttribute<z.output<Schema>>[]
  stage(params: z.output<Schema>, context: StageContext, previous: Stage | undefined): Stage
}

/** Identity, for the types: parameters are inferred from the schema. */
export function defineFault<Schema extends z.ZodObject>(definition: FaultDefinition<Schema>): FaultDefinition<Schema> {
  return definition
}
