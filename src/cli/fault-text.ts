import type { Fault } from '../client/views.ts'
import { describeFault, faultDefinition, type ParamsJsonSchema } from '../faults/index.ts'
import type { ToldFault } from './answer-shapes.ts'
import type { CliContext } from './context.ts'
import { commonFieldsOf } from './fault-fields.ts'
import { parametersOf } from './fault-flags.ts'
import { textIn } from './field-shape.ts'
import { fieldText, isRecord } from './field-text.ts'
import { endText } from './lifetime-text.ts'
import { showField, showQuantity } from './quantity.ts'

type Fields = Readonly<Record<string, ParamsJsonSchema>>

/** Every field that faults of a type may have. Of a type that is not known here: none. */
export function fieldsOfType(type: string): Fields {
  const definition = faultDefinition(type)
  const fault = definition === undefined ? undefined : describeFault(definition)
  return fault === undefined ? {} : { ...parametersOf(fault), ...commonFieldsOf(fault) }
}

function parametersOfType(type: string): Fields {
  const definition = faultDefinition(type)
  return definition === undefined ? {} : parametersOf(describeFault(definition))
}

/** `latency 250ms, jitter 50ms`: the parameters that are not what they would be anyway. */
export function parametersText(fault: ToldFault): string {
  const shown = Object.entries(parametersOfType(fault.type)).flatMap(([name, schema]) => {
    const value = fault[name]
    const text = showField(schema, value)
    const isDefault = schema.default !== undefined && text === showField(schema, schema.default)
    return value === undefined || value === null || isDefault ? [] : [`${name} ${text}`]
  })
  return shown.join(', ')
}

/** What it is and does, on one line: `latency (downstream), latency 250ms, for 30% of sessions; ends in 5m`. */
export function faultText(fault: ToldFault): string {
  const { type, direction, probability = 1, per = 'session' } = fault
  const schemas = fieldsOfType(type)
  const parts = [
    direction === undefined ? type : `${type} (${direction})`,
    parametersText(fault),
    probability === 1 ? '' : `for ${showQuantity('0…1', probability)} of ${per}s`,
    fault['part'] === 'body' ? 'on bodies' : '',
    ...['match', 'exclude', 'count', 'schedule', 'limits'].map((field) =>
      isRecord(fault[field]) ? `${field} ${showField(schemas[field] ?? {}, fault[field])}` : '',
    ),
    fault['sticky_by'] === undefined ? '' : `sticky by ${fieldText(fault['sticky_by'])}`,
    Array.isArray(fault['outcomes']) ? `${fault['outcomes'].length} outcomes` : '',
    isRecord(fault['ramp']) ? `ramp ${rampText(type, fault['ramp'])}` : '',
    fault.shadow === true ? 'as a shadow, which only counts' : '',
  ].filter((part) => part !== '')
  return `${parts.join(', ')}${endText(fault)}`
}

/** `jitter=0ms..50ms/5m`, as it is typed. */
export function rampText(type: string, ramps: unknown): string {
  if (!isRecord(ramps)) return fieldText(ramps)
  const units: Fields = { ...parametersOfType(type), probability: { unit: '0…1' } }
  const texts = Object.entries(ramps).map(([name, ramp]) => {
    if (!isRecord(ramp)) return `${name}=${fieldText(ramp)}`
    const unit = textIn(units[name] ?? {}, 'unit')
    return `${name}=${showQuantity(unit, ramp['from'])}..${showQuantity(unit, ramp['to'])}/${showQuantity('ms', ramp['over'])}`
  })
  return texts.join(' ')
}

/** Warnings are no part of the answer: a script that reads stdout must not meet them. */
export function printWarnings(context: CliContext, { warnings }: Fault): void {
  for (const warning of warnings) context.err(`warning: ${warning}\n`)
}
