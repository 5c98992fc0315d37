import { isFields } from '../core/fields.ts'
import { defined } from '../core/defined.ts'
import type { FaultLimits } from '../core/plan.ts'
import { limitFields } from '../faults/common-fields.ts'
import { span } from '../faults/field-kinds.ts'
import { join } from '../faults/issues.ts'
import {
  LONGEST_DESCRIPTION,
  LONGEST_LABEL,
  MOST_EXTENDED,
  MOST_FAULTS,
  MOST_LABELS,
  MOST_PROXIES,
  MOST_TARGETS,
} from './bounds.ts'
import type { Fields, ProfileDocument } from './document.ts'
import { readVars } from './envelope-vars.ts'
import type { Notes } from './envelope-notes.ts'
import { hasExpressions } from './expressions.ts'

/** What a document says, without what its surroundings say of it. */
export type Envelope = Omit<ProfileDocument, 'name' | 'file' | 'places'>

/** The fields of a profile. */
export const PROFILE_FIELDS = [
  'description',
  'active',
  'extends',
  'vars',
  'proxies',
  'faults',
  'ttl',
  'lease',
  'limits',
  'labels',
] as const

/** Words that are taken for fields, with what to do instead. */
const ADVICE: Readonly<Record<string, string>> = {
  toxics: 'what acts on a proxy stands under `faults` here, each with `on: <proxy>` and `type`',
  name: 'a profile is called as its file is, or as the request says; `name` belongs to a fault',
  enabled: 'a profile with `active: true` is activated at the start; `enabled` belongs to a proxy',
  profiles: 'one text is one profile; `extends` names others that it adds to',
  profile: 'one text is one profile, and its fields stand at the left margin',
  on: 'faults stand under `faults`, each in a list entry of its own (`- on: pg`)',
  type: 'faults stand under `faults`, each in a list entry of its own (`- on: pg`)',
  upstream: 'proxies stand under `proxies`, by name (`pg: {listen: …, upstream: …}`)',
  listen: 'proxies stand under `proxies`, by name (`pg: {listen: …, upstream: …}`)',
  env: 'variables of the environment are used where they are wanted, as ${env:NAME} or ${env:NAME:-default}',
  variables: 'this is called `vars` here',
  tags: 'this is called `labels` here',
  include: 'this is called `extends` here',
  includes: 'this is called `extends` here',
  inherits: 'this is called `extends` here',
  version: 'profiles have no version; leave it out',
  apiVersion: 'profiles have no version and no kind; leave them out',
  kind: 'profiles have no version and no kind; leave them out',
}

/** Reads the fields of a document; `notes` say what is wrong with it, and then what is answered is of no use. */
export function readEnvelope(input: unknown, notes: Notes): Envelope {
  if (!isFields(input)) refuseWhole(input, notes)
  const fields = isFields(input) ? input : {}
  for (const name of Object.keys(fields)) {
    if (PROFILE_FIELDS.some((known) => known === name)) continue
    // Editors look here for the schema of a JSON file.
    if (name === '$schema' && typeof fields[name] === 'string') continue
    notes.unknown(name, name, PROFILE_FIELDS, Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined)
  }
  return {
    ...defined({
      description: readDescription(fields['description'], notes),
      ttl: readSpan('ttl', fields['ttl'], notes),
      lease: readSpan('lease', fields['lease'], notes),
      limits: readLimits(fields['limits'], notes),
    }),
    active: readFlag('active', fields['active'], notes),
    extends: readNames(fields['extends'], notes),
    vars: readVars(fields['vars'], notes),
    proxies: readProxies(fields['proxies'], notes),
    faults: readFaults(fields['faults'], notes),
    labels: readLabels(fields['labels'], notes),
  }
}

function refuseWhole(input: unknown, notes: Notes): void {
  const expected = `a map with some of the fields ${PROFILE_FIELDS.join(', ')}`
  if (input === null) notes.add({ field: '', text: `the text is empty; expected ${expected}`, expected })
  else {
    const advice = Array.isArray(input) ? '; a list of proxies is a config file of Toxiproxy, for `serve --config`' : ''
    notes.wrong('', input, expected, advice)
  }
}

/** YAML has `null` where nothing is written behind the colon. */
function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function readDescription(value: unknown, notes: Notes): string | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value === 'string' && value.length <= LONGEST_DESCRIPTION) return value
  notes.wrong('description', value, `a text of at most ${LONGEST_DESCRIPTION} characters`)
  return undefined
}

function readFlag(field: string, value: unknown, notes: Notes): boolean {
  if (typeof value === 'boolean' || isAbsent(value)) return value ?? false
  notes.wrong(field, value, 'true or false', fixedAdvice(value))
  return false
}

const duration = span()

function readSpan(field: string, value: unknown, notes: Notes): number | undefined {
  if (isAbsent(value)) return undefined
  const { data, error } = duration.safeParse(value)
  if (error !== undefined) notes.wrong(field, value, expectedBy(error.issues[0]?.message), fixedAdvice(value))
  return data
}

/** Only proxies and faults are made again for every activation. */
function fixedAdvice(value: unknown): string {
  if (typeof value !== 'string' || !hasExpressions(value)) return ''
  return '; variables are put in proxies and faults alone, and an activation can say another time itself'
}

function expectedBy(message = 'something else'): string {
  return message.replace(/^(?:[A-Z][a-z ]*: )?expected /, '').replace(/, received \w+$/, '')
}

function readLimits(value: unknown, notes: Notes): FaultLimits | undefined {
  if (isAbsent(value)) return undefined
  const { shape } = limitFields
  const known = Object.keys(shape)
  if (!isFields(value)) {
    notes.wrong('limits', value, `a map with some of ${known.join(', ')}`)
    return undefined
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) notes.unknown(join('limits', name), name, known, undefined)
  }
  for (const [name, field] of Object.entries(shape)) {
    const given = value[name]
    const error = isAbsent(given) ? undefined : field.safeParse(given).error
    if (error === undefined) continue
    notes.wrong(join('limits', name), given, expectedBy(error.issues[0]?.message), fixedAdvice(given))
  }
  const written = Object.fromEntries(Object.entries(value).filter(([, given]) => given !== null))
  const { data } = limitFields.safeParse(written)
  return defined({
    maxActive: data?.max_active,
    maxInjections: data?.max_injections,
    maxShare: data?.max_share,
    maxAddedDelay: data?.max_added_delay,
  })
}

function readNames(value: unknown, notes: Notes): readonly string[] {
  if (isAbsent(value)) return []
  const expected = `the name of a profile, or a list of at most ${MOST_EXTENDED}`
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > MOST_EXTENDED) notes.wrong('extends', value, expected)
  return names.slice(0, MOST_EXTENDED).flatMap((name, index) => {
    const field = Array.isArray(value) ? join('extends', index) : 'extends'
    if (typeof name === 'string' && name !== '' && !hasExpressions(name)) return [name]
    notes.wrong(field, name, expected, fixedAdvice(name))
    return []
  })
}

function readProxies(value: unknown, notes: Notes): ReadonlyMap<string, Fields> {
  const proxies = new Map<string, Fields>()
  const expected = 'proxies by name, such as `pg: {listen: …, upstream: …}`'
  const wanted = { expected, most: MOST_PROXIES, of: 'proxies' }
  for (const [name, fields] of notes.entriesOf('proxies', value, wanted)) {
    const field = join('proxies', name)
    if (name === '') notes.name(field, name, 'the name of a proxy')
    if (isFields(fields)) proxies.set(name, fields)
    else notes.wrong(field, fields, 'a map with the fields of a proxy (listen, upstream, …)')
  }
  return proxies
}

function readFaults(value: unknown, notes: Notes): readonly Fields[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) {
    notes.wrong('faults', value, 'a list of faults, each with `on` and `type` (`- on: pg`)')
    return []
  }
  const faults: readonly unknown[] = value
  if (faults.length > MOST_FAULTS) {
    notes.add({
      field: 'faults',
      text: `a profile may have at most ${MOST_FAULTS} faults, and there are ${faults.length}`,
    })
    return []
  }
  return faults.flatMap((fields, index) => {
    const field = join('faults', index)
    if (!isFields(fields)) {
      notes.wrong(field, fields, 'a map with the fields of a fault (on, type, …)')
      return []
    }
    checkTargets(fields, field, notes)
    return [fields]
  })
}

const TARGETS = `the name of a proxy, a glob such as "pg-*", or a list of 1 to ${MOST_TARGETS} of them`

/** Whether a value can say what a fault is on. */
export function areTargets(value: unknown): boolean {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length === 0 || names.length > MOST_TARGETS) return false
  return names.every((name) => typeof name === 'string' && name !== '')
}

function checkTargets(fields: Fields, path: string, notes: Notes): void {
  const { on } = fields
  const field = join(path, 'on')
  if (!isAbsent(on)) {
    if (!areTargets(on)) notes.wrong(field, on, TARGETS)
    return
  }
  // What a tool of YAML 1.1 has written.
  const advice = Object.hasOwn(fields, 'true')
    ? ' (the field "true" was probably `on`, read as YAML 1.1: quote it)'
    : ''
  notes.add({ code: 'missing_field', field, text: `it is missing; expected ${TARGETS}${advice}`, expected: TARGETS })
}

export { TARGETS as EXPECTED_TARGETS }

function readLabels(value: unknown, notes: Notes): Readonly<Record<string, string>> {
  if (isAbsent(value)) return {}
  const expected = `a map of at most ${MOST_LABELS} texts`
  if (!isFields(value) || Object.keys(value).length > MOST_LABELS) {
    notes.wrong('labels', value, expected)
    return {}
  }
  const labels = Object.entries(value).flatMap(([name, label]): [string, string][] => {
    const field = join('labels', name)
    if (name === '' || name.length > LONGEST_LABEL)
      notes.name(field, name, `a name of 1 to ${LONGEST_LABEL} characters`)
    if (typeof label === 'string' && label.length <= LONGEST_LABEL && !hasExpressions(label)) return [[name, label]]
    const quoting =
      typeof label === 'number' || typeof label === 'boolean' ? `; write ${JSON.stringify(String(label))}` : ''
    notes.wrong(field, label, `a text of at most ${LONGEST_LABEL} characters`, quoting || fixedAdvice(label))
    return []
  })
  return Object.fromEntries(labels)
}
