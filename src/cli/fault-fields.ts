import { describeCommonFields, SELECTING_FIELDS } from '../faults/common-fields.ts'
import type { FaultDescription, ParamsJsonSchema } from '../faults/index.ts'
import { EXCHANGE_FIELDS } from '../faults/match-fields.ts'
import { rampableOf } from './fault-ramp.ts'
import { shapeOf } from './field-shape.ts'

type Fields = Readonly<Record<string, ParamsJsonSchema>>

/** The fields that faults of a type take beside their parameters, narrowed to what the type knows of them. */
export function commonFieldsOf(fault: FaultDescription): Fields {
  const { directions, per, layer, parts } = fault
  const all = Object.entries(shapeOf(describeCommonFields()).fields)
  const meetsExchanges = layer === 'http' || parts.includes('body')
  const narrowed = all.flatMap(([name, schema]): readonly [string, ParamsJsonSchema][] => {
    // Said by an argument of the command.
    if (name === 'type') return []
    // What acts on the whole proxy knows no sessions.
    if (directions.length === 0 && OF_SESSIONS.has(name)) return []
    if (directions.length === 0 && name === 'limits') return [[name, without(schema, 'max_active', 'max_share')]]
    if (name === 'ramp' && rampableOf(fault).length === 0) return []
    if (name === 'part' && parts.length === 0) return []
    // What works on connections alone has no exchanges to choose from.
    if (!meetsExchanges && OF_EXCHANGES.has(name)) return []
    if (!meetsExchanges && name === 'match') return [[name, without(schema, ...EXCHANGE_FIELDS)]]
    if (layer === 'http' && OF_OLD_SESSIONS.has(name)) return []
    if (name === 'direction') return [[name, { ...schema, enum: [...directions] }]]
    if (name !== 'per') return [[name, schema]]
    const choices = parts.includes('body') ? [...per, 'exchange'] : per
    return choices.length < 2 ? [] : [[name, { ...schema, enum: [...choices] }]]
  })
  return Object.fromEntries(narrowed)
}

function without(schema: ParamsJsonSchema, ...fields: readonly string[]): ParamsJsonSchema {
  const left = Object.entries(schema.properties ?? {}).filter(([field]) => !fields.includes(field))
  return { ...schema, properties: Object.fromEntries(left) }
}

const OF_EXCHANGES: ReadonlySet<string> = new Set(['exclude', 'count', 'sticky_by', 'outcomes'])

/** Exchanges are decided upon when they come, and no session is reset for them. */
const OF_OLD_SESSIONS: ReadonlySet<string> = new Set(['existing', 'on_remove'])

const OF_SESSIONS: ReadonlySet<string> = new Set(SELECTING_FIELDS)

/** Those that an update cannot change. */
export const UNCHANGEABLE: ReadonlySet<string> = new Set(['name'])

/** Those that an update can take away again. */
export const REMOVABLE: ReadonlySet<string> = new Set([
  'match',
  'exclude',
  'count',
  'sticky_by',
  'outcomes',
  'schedule',
  'ramp',
  'ttl',
  'lease',
  'limits',
])
