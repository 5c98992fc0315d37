import { z } from 'zod'
import type { Effect } from '../core/stage-factory.ts'
import type { FaultDefinition } from './define.ts'

/** A fault type as plain data: for `GET /v1/fault-types`, command-line help and the docs page. */
export interface FaultDescription {
  readonly type: string
  readonly layer: string
  readonly effect: Effect
  readonly summary: string
  /** Markdown. */
  readonly details: string
  /** JSON Schema of the parameters as users may write them; `unit` is that of plain numbers. */
  readonly schema: ParamsJsonSchema
  /** Toxiproxy's attributes, all of them integers; `null`: its clients do not see this fault. */
  readonly toxic: readonly { readonly name: string; readonly unit: string }[] | null
}

export type ParamsJsonSchema = z.core.JSONSchema.BaseSchema

export function describeFault(definition: FaultDefinition): FaultDescription {
  const { type, layer, effect, summary, details, params, toxic } = definition
  return {
    type,
    layer,
    effect,
    summary,
    details,
    schema: z.toJSONSchema(params, { io: 'input' }),
    toxic: toxic?.map(({ name, unit }) => ({ name, unit })) ?? null,
  }
}
