import type { DiffEntry } from '../client/views.ts'
import type { ParamsJsonSchema } from '../faults/index.ts'
import { fieldsOfType } from './fault-text.ts'
import { printable } from './format.ts'
import { showField } from './quantity.ts'

export interface DiffLine {
  /** `!` = live sessions end by it. */
  readonly sign: '+' | '-' | '~' | '!' | ' '
  readonly text: string
}

/** What of a fault is said where it stands, or is so for all of them unless they say otherwise. */
const USUAL: Readonly<Record<string, unknown>> = {
  probability: 1,
  per: 'session',
  existing: 'apply',
  on_remove: 'release',
}

/** One change, its fields below it, in base units where they have none of their own. */
export function changeLines(change: DiffEntry): readonly DiffLine[] {
  const { action, proxy, fault, before, after, drops_sessions: drops = false } = change
  const what = fault === undefined ? `proxy ${proxy}` : `fault ${fault} of ${proxy}`
  const warning: readonly DiffLine[] = drops ? [{ sign: '!', text: '  its live sessions end' }] : []
  const type = (after ?? before)?.['type']
  const show = shownBy(fault !== undefined && typeof type === 'string' ? type : undefined)
  const head = (sign: DiffLine['sign'], fields: readonly string[]): readonly DiffLine[] => [
    { sign, text: printable(what) },
    ...fields.map((text) => ({ sign, text: `  ${printable(text)}` })),
    ...warning,
  ]
  if (action === 'create') return head('+', fieldLines(after ?? {}, show))
  if (action === 'remove') return head('-', [])
  const changed = (change.fields ?? []).map(
    (name) => `${name}: ${show(name, before?.[name])} → ${show(name, after?.[name])}`,
  )
  return head('~', changed)
}

type Show = (name: string, value: unknown) => string

/** @param type that of the fault; `undefined` = it is a proxy. */
function shownBy(type: string | undefined): Show {
  const schemas: Readonly<Record<string, ParamsJsonSchema>> = type === undefined ? {} : fieldsOfType(type)
  return (name, value) => (value === undefined || value === null ? '-' : showField(schemas[name] ?? {}, value))
}

function fieldLines(fields: Readonly<Record<string, unknown>>, show: Show): readonly string[] {
  return Object.entries(fields)
    .filter(([name, value]) => name !== 'name' && value !== null && value !== undefined && USUAL[name] !== value)
    .map(([name, value]) => `${name}: ${show(name, value)}`)
}
