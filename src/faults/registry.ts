import { z } from 'zod'
import type { FaultDefinition } from './define.ts'

/** The fields that every fault has or may have beside its parameters, which no parameter may shadow. */
export const COMMON_FIELDS: readonly string[] = [
  'name',
  'type',
  'direction',
  'stream',
  'toxicity',
  'probability',
  'per',
  'match',
  'exclude',
  'schedule',
  'ramp',
  'ttl',
  'lease',
  'owner',
  'on',
  'limits',
  'count',
  'shadow',
  'existing',
  'on_remove',
  'labels',
]

/** The faults by type. A list with a mistake in it is refused when the program is loaded. */
export function registry(faults: readonly FaultDefinition[]): ReadonlyMap<string, FaultDefinition> {
  const byType = new Map<string, FaultDefinition>()
  for (const fault of faults) {
    if (!/^[a-z][a-z0-9_]*$/.test(fault.type)) throw new Error(`"${fault.type}" is no type for a fault`)
    if (byType.has(fault.type)) throw new Error(`two faults are called ${fault.type}`)
    for (const text of ['summary', 'details'] as const) {
      if (fault[text].trim() === '') throw new Error(`${fault.type} has no ${text}`)
    }
    checkParams(fault)
    byType.set(fault.type, fault)
  }
  return byType
}

function checkParams(fault: FaultDefinition): void {
  const described = z.toJSONSchema(fault.params, { io: 'input' }).properties ?? {}
  for (const [name, schema] of Object.entries(described)) {
    if (COMMON_FIELDS.includes(name)) throw new Error(`${fault.type}.${name} shadows a field that every fault has`)
    if (typeof schema === 'boolean' || (schema.description ?? '').trim() === '') {
      throw new Error(`${fault.type}.${name} is not described`)
    }
  }
  const attributes = fault.toxic?.map((attribute) => attribute.name) ?? []
  if (new Set(attributes).size < attributes.length) throw new Error(`${fault.type} has a toxic attribute twice`)
}
