import { describeCommonFields } from '../faults/common-fields.ts'
import type { FaultDescription, ParamsJsonSchema } from '../faults/index.ts'
import { rampableOf } from './fault-ramp.ts'
import { shapeOf } from './field-shape.ts'

type Fields = Readonly<Record<string, ParamsJsonSchema>>

/** The fields that faults of a type take beside their parameters, narrowed to what the type knows of them. */
export function commonFieldsOf(fault: FaultDescription): Fields {
  const { directions, per } = fault
  const all = Object.entries(shapeOf(describeCommonFields()).fields)
  const narrowed = all.flatMap(([name, schema]): readonly [string, ParamsJsonSchema][] => {
    // Said by an argument of the command.
    if (name === 'type') return []
    // What acts on the whole proxy knows no sessions.
    if (directions.length === 0 && OF_SESSIONS.has(name)) return []
    if (directions.length === 0 && name === 'limits') return [[name, without(schema, 'max_active')]]
    if (name === 'ramp' && rampableOf(fault).length === 0) return []
    if (name === 'direction') return [[name, { ...schema, enum: [...directions] }]]
    if (name !== 'per') return [[name, schema]]
    return per.length < 2 ? [] : [[name, { ...schema, enum: [...per] }]]
  })
  return Object.fromEntries(narrowed)
}

function without(schema: ParamsJsonSchema, field: string): ParamsJsonSchema {
  const { [field]: _, ...properties } = schema.properties ?? {}
  return { ...schema, properties }
}

const OF_SESSIONS: ReadonlySet<string> = new Set(['direction', 'probability', 'per', 'match', 'existing', 'on_remove'])

/** Those that an update cannot change. */
export const UNCHANGEABLE: ReadonlySet<string> = new Set(['name'])

/** Those that an update can take away again. */
export const REMOVABLE: ReadonlySet<string> = new Set(['match', 'schedule', 'ramp', 'ttl', 'limits'])
