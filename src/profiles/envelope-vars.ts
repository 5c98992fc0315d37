import { join } from '../faults/issues.ts'
import { MOST_VARS } from './bounds.ts'
import type { VarValue } from './document.ts'
import { isFields } from '../core/fields.ts'
import type { Notes } from './envelope-notes.ts'
import { EXPRESSIONS, hasExpressions, isVarName, readParts } from './expressions.ts'
import { shown } from './mistake.ts'

/** What a variable may say besides its value. */
const VAR_FIELDS = ['default', 'description'] as const

/** Reads `vars`: a value by name, or what there is to say of a variable. */
export function readVars(value: unknown, notes: Notes): ReadonlyMap<string, VarValue | undefined> {
  const vars = new Map<string, VarValue | undefined>()
  const wanted = { expected: 'a map of values by name', most: MOST_VARS, of: 'variables' }
  for (const [name, given] of notes.entriesOf('vars', value, wanted)) {
    const field = join('vars', name)
    if (!isVarName(name))
      notes.name(field, name, 'a name of letters, digits, _ and -, at most 100, that begins with a letter or _')
    vars.set(name, isFields(given) ? readDeclared(given, field, notes) : readDefault(given, field, notes))
  }
  return vars
}

function readDeclared(given: Readonly<Record<string, unknown>>, field: string, notes: Notes): VarValue | undefined {
  for (const name of Object.keys(given)) {
    if (!VAR_FIELDS.some((known) => known === name)) notes.unknown(join(field, name), name, VAR_FIELDS, undefined)
  }
  const { description } = given
  if (description !== undefined && description !== null && typeof description !== 'string') {
    notes.wrong(join(field, 'description'), description, 'a text')
  }
  return readDefault(given['default'], join(field, 'default'), notes)
}

function readDefault(value: unknown, field: string, notes: Notes): VarValue | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') checkText(value, field, notes)
  if (isVarValue(value)) return value
  notes.wrong(field, value, 'a text, a number, true or false, or a map with `default` and `description`')
  return undefined
}

export function isVarValue(value: unknown): value is VarValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** Variables are made of the environment alone: there is no order among them in which one could be made of another. */
function checkText(text: string, field: string, notes: Notes): void {
  if (!hasExpressions(text)) return
  for (const part of readParts(text)) {
    if (part.kind === 'text' || part.kind === 'env') continue
    const why = part.kind === 'var' ? 'a variable cannot be made of other variables' : 'this is no expression'
    const expected = '${env:NAME}, or ${env:NAME:-default}'
    const source = shown(part.source)
    notes.add({
      field,
      text: `${why}: ${source} (expected ${part.kind === 'var' ? expected : EXPRESSIONS})`,
      value: part.source,
      expected,
    })
  }
}
