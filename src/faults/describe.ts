import { z } from 'zod'
import type { Effect } from '../core/fault-factory.ts'
import type { FaultDirection } from '../core/words.ts'
import type { FaultDefinition } from './define.ts'

/** A fault type as plain data: for `GET /v1/fault-types`, command-line help and the docs page. */
export interface FaultDescription {
  readonly type: string
  readonly layer: string
  /** Where a parameter decides: without it. */
  readonly effect: Effect
  readonly summary: string
  /** Markdown. */
  readonly details: string
  /** Parameters that show what it is good for. */
  readonly example: Readonly<Record<string, unknown>>
  /** Which directions it can be given; the first is the default. Empty = it acts on the whole proxy. */
  readonly directions: readonly FaultDirection[]
  /** What `probability` may be drawn for; the first is the default. Empty = it takes none. */
  readonly per: readonly ('session' | 'chunk' | 'exchange')[]
  /** What it can work on where the protocol is `http`, if there is a choice: connections, or the bodies of messages. What needs both directions is about connections. */
  readonly parts: readonly ('connection' | 'body')[]
  /** Set where the effect is modelled. */
  readonly emulation: { readonly model: string; readonly valid: string } | null
  /** JSON Schema of the parameters as users may write them; `unit` is that of plain numbers. */
  readonly schema: ParamsJsonSchema
  /** Toxiproxy's attributes, whole numbers unless their unit is `0…1`; `null`: its clients do not see this fault. */
  readonly toxic: readonly { readonly name: string; readonly unit: string }[] | null
}

export type ParamsJsonSchema = z.core.JSONSchema.BaseSchema

const PER_SESSION = ['session'] as const
const PER_EXCHANGE = ['exchange', 'session'] as const
const PARTS = ['connection', 'body'] as const
const DIRECTIONS: readonly FaultDirection[] = ['downstream', 'upstream', 'both']

/** Its schema takes 0.3 ms to make, and every fault that is added asks for it. */
const described = new WeakMap<FaultDefinition, FaultDescription>()

export function describeFault(definition: FaultDefinition): FaultDescription {
  const description = described.get(definition) ?? describe(definition)
  described.set(definition, description)
  return description
}

function describe(definition: FaultDefinition): FaultDescription {
  const { type, layer, summary, details, example, params, toxic, emulation = null, reach = 'session' } = definition
  const { directions = DIRECTIONS, per = layer === 'http' ? PER_EXCHANGE : PER_SESSION } = definition
  return {
    type,
    layer,
    effect: definition.effect,
    summary,
    details,
    example,
    directions: reach === 'proxy' ? [] : directions,
    per: reach === 'proxy' ? [] : per,
    parts: layer === 'transport' && hasStage(definition) && directions.some((each) => each !== 'both') ? PARTS : [],
    emulation,
    schema: z.toJSONSchema(params, { io: 'input' }),
    toxic: toxic?.map(({ name, unit }) => ({ name, unit })) ?? null,
  }
}

function hasStage(definition: FaultDefinition): boolean {
  return definition.stage !== undefined
}

/** Whether it is decided upon for each exchange of HTTP, rather than for each session. */
export function worksOnExchanges({ layer }: Pick<FaultDescription, 'layer'>, part: string | undefined): boolean {
  return layer === 'http' || part === 'body'
}

export function effectOf(definition: FaultDefinition, params: Readonly<Record<string, unknown>>): Effect {
  return definition.effectWith?.(params) ?? definition.effect
}
