import { z } from 'zod'
import { commonFields, OUTCOME_FIELDS, SHOWN_FIELDS, UNSUPPORTED_FIELDS } from './common-fields.ts'
import type { FaultDefinition } from './define.ts'

/** What no parameter may be called: the fields that every fault has, may have, or may have one day. */
export const RESERVED: readonly string[] = [
  ...Object.keys(commonFields.shape),
  ...OUTCOME_FIELDS,
  ...SHOWN_FIELDS,
  ...Object.keys(UNSUPPORTED_FIELDS),
]

const HOOKS = ['stage', 'connect', 'door', 'request', 'response', 'handshake'] as const

/** The faults by type. A list with a mistake in it is refused when the program is loaded. */
export function registry(faults: readonly FaultDefinition[]): ReadonlyMap<string, FaultDefinition> {
  const byType = new Map<string, FaultDefinition>()
  for (const fault of faults) {
    if (!/^[a-z][a-z0-9_]*$/.test(fault.type)) throw new Error(`"${fault.type}" is no type for a fault`)
    if (byType.has(fault.type)) throw new Error(`two faults are called ${fault.type}`)
    for (const text of ['summary', 'details'] as const) {
      if (fault[text].trim() === '') throw new Error(`${fault.type} has no ${text}`)
    }
    if (HOOKS.every((hook) => fault[hook] === undefined)) throw new Error(`${fault.type} does nothing`)
    checkParams(fault)
    byType.set(fault.type, fault)
  }
  return byType
}

function checkParams(fault: FaultDefinition): void {
  const described = z.toJSONSchema(fault.params, { io: 'input' }).properties ?? {}
  for (const [name, schema] of Object.entries(described)) {
    if (RESERVED.includes(name)) throw new Error(`${fault.type}.${name} shadows a field that every fault has`)
    if (typeof schema === 'boolean' || (schema.description ?? '').trim() === '') {
      throw new Error(`${fault.type}.${name} is not described`)
    }
  }
  if (!fault.params.safeParse(fault.example).success) throw new Error(`${fault.type} has an example that it refuses`)
  const attributes = fault.toxic?.map((attribute) => attribute.name) ?? []
  if (new Set(attributes).size < attributes.length) throw new Error(`${fault.type} has a toxic attribute twice`)
}
