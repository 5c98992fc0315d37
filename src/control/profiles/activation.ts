import type { VarValue } from '../../profiles/document.ts'
import { span } from '../../faults/field-kinds.ts'
import { invalid } from '../../faults/issues.ts'
import type { Activation } from './types.ts'

export interface ReadActivation {
  /** Milliseconds. */
  readonly ttl: number | undefined
  readonly lease: number | undefined
  readonly vars: Readonly<Record<string, VarValue>> | undefined
}

/** @throws FoulweatherError `invalid_value`. */
export function readActivation({ ttl, lease, vars }: Activation): ReadActivation {
  return { ttl: readSpan('ttl', ttl), lease: readSpan('lease', lease), vars }
}

function readSpan(field: string, value: number | string | undefined): number | undefined {
  if (value === undefined) return undefined
  const { data, error } = span().safeParse(value)
  if (error === undefined) return data
  throw invalid(field, value, error.issues[0]?.message.replace(/^expected /, '') ?? 'a duration such as "10m"')
}
