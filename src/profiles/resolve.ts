import type { FoulweatherError } from '../core/errors.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import { join } from '../faults/issues.ts'
import { LARGEST_SUBSTITUTION, MOST_FAULTS, MOST_PROBLEMS, MOST_PROXIES } from './bounds.ts'
import type { Entry, FaultEntry, Fields, Outcome, ProfileDocument, ResolvedProfile } from './document.ts'
import { MergedEntry, placeNear, WrittenEntry, WrittenFault } from './entries.ts'
import { areTargets, EXPECTED_TARGETS } from './envelope.ts'
import { isFields } from '../core/fields.ts'
import { hasExpressions } from './expressions.ts'
import { type Library, lineageOf } from './lineage.ts'
import { problemOf, shown } from './mistake.ts'
import { type Given, lookupIn, type Lookup, putIn, readVariables } from './variables.ts'

export interface ResolveContext extends Library, Given {}

/**
 * Puts a profile together with what it extends, and its variables in their places. Takes time in proportion to what comes out. Nothing that a variable
 * stands for is expanded again.
 */
export function resolveProfile(document: ProfileDocument, context: ResolveContext): Outcome<ResolvedProfile> {
  const { documents, problems: ofLineage } = lineageOf(document, context)
  // Variables that are missing here may be declared where there was no way to.
  if (ofLineage.length > 0) return { ok: false, problems: ofLineage.slice(0, MOST_PROBLEMS) }
  const { values, problems: ofVars } = readVariables(documents, context)
  const unset = new Set(documents.flatMap(({ vars }) => [...vars.keys()]).filter((name) => !values.has(name)))
  const builder = new Builder(lookupIn(values, unset, context.env))
  for (const each of documents) builder.add(each)
  const problems = [...ofVars, ...builder.finish(document)].slice(0, MOST_PROBLEMS)
  if (problems.length > 0) return { ok: false, problems }
  const { proxies, faults } = builder
  return { ok: true, value: { ...heading(document, documents), vars: values, proxies, faults } }
}

function heading({ name, description }: ProfileDocument, documents: readonly ProfileDocument[]) {
  const last = <T>(pick: (document: ProfileDocument) => T | undefined): T | undefined =>
    documents.map(pick).findLast((value) => value !== undefined)
  const limits = definedOrNone({
    maxActive: last((each) => each.limits?.maxActive),
    maxInjections: last((each) => each.limits?.maxInjections),
    maxShare: last((each) => each.limits?.maxShare),
    maxAddedDelay: last((each) => each.limits?.maxAddedDelay),
  })
  const labels = Object.fromEntries(documents.flatMap((each) => Object.entries(each.labels)))
  const times = { ttl: last((each) => each.ttl), lease: last((each) => each.lease) }
  return { name, labels, ...defined({ description, ...times, limits }) }
}

/** Gathers the proxies and faults of several documents, in the order in which they are applied. */
class Builder {
  readonly proxies = new Map<string, Entry>()
  readonly faults: FaultEntry[] = []
  readonly #lookup: Lookup
  readonly #said = new Map<string, Entry[]>()
  /** Where faults with a name of their own are, by that and what they are on. */
  readonly #named = new Map<string, number>()
  readonly #problems: FoulweatherError[] = []
  #room = LARGEST_SUBSTITUTION

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  add(document: ProfileDocument): void {
    for (const [name, written] of document.proxies) {
      const path = join('proxies', name)
      const entry = new WrittenEntry(this.#fields(written, path, document), path, document)
      const said = this.#said.get(name)
      if (said === undefined) this.#said.set(name, [entry])
      else said.push(entry)
    }
    const own = new Map<string, number>()
    for (const [index, written] of document.faults.entries())
      this.#addFault(written, join('faults', index), document, own)
    for (const [key, at] of own) this.#named.set(key, at)
  }

  /** What is wrong with all of it. */
  finish(document: ProfileDocument): readonly FoulweatherError[] {
    for (const [name, said] of this.#said) {
      const entry = mergedEntry(said)
      if (entry !== undefined) this.proxies.set(name, entry)
    }
    this.#checkCount(document, 'proxies', this.proxies.size, MOST_PROXIES)
    this.#checkCount(document, 'faults', this.faults.length, MOST_FAULTS)
    return this.#problems
  }

  #addFault(written: Fields, path: string, document: ProfileDocument, own: Map<string, number>): void {
    const fields = this.#fields(written, path, document)
    const { on, name } = fields
    if (!areTargets(on)) {
      const text = `expected ${EXPECTED_TARGETS}, got ${shown(on)}`
      this.#note({ field: join(path, 'on'), text, value: on, expected: EXPECTED_TARGETS }, document)
      return
    }
    const targets = (Array.isArray(on) ? on : [on]).map(String)
    const fault = new WrittenFault(fields, targets, path, document)
    const key = typeof name === 'string' ? JSON.stringify([name, ...targets.toSorted()]) : undefined
    // Two of the same text are two, and refused later.
    const before = key === undefined || own.has(key) ? undefined : this.#named.get(key)
    if (before === undefined) this.faults.push(fault)
    else this.faults[before] = fault
    if (key !== undefined && !own.has(key)) own.set(key, before ?? this.faults.length - 1)
  }

  #checkCount(document: ProfileDocument, field: string, count: number, most: number): void {
    if (count <= most) return
    this.#note(
      { field, text: `with what it extends, a profile may have at most ${most} ${field}, and it has ${count}` },
      document,
    )
  }

  #note(mistake: Parameters<typeof problemOf>[0], document: ProfileDocument): void {
    if (this.#problems.length < MOST_PROBLEMS)
      this.#problems.push(problemOf(mistake, placeNear(document, mistake.field)))
  }

  #fields(written: Fields, path: string, document: ProfileDocument): Fields {
    let changed: Record<string, unknown> | undefined
    for (const name in written) {
      const value = written[name]
      const put = this.#put(value, path, name, document)
      if (put === value) continue
      changed ??= { ...written }
      changed[name] = put
    }
    return changed ?? written
  }

  /** What has nothing to put in it stays the same object. */
  #put(value: unknown, path: string, key: string | number, document: ProfileDocument): unknown {
    if (typeof value === 'string')
      return hasExpressions(value) ? this.#putText(value, join(path, key), document) : value
    if (typeof value !== 'object' || value === null) return value
    const inside = join(path, key)
    if (isFields(value)) return this.#fields(value, inside, document)
    if (!Array.isArray(value)) return value
    const list: readonly unknown[] = value
    const put = list.map((each, index) => this.#put(each, inside, index, document))
    return put.every((each, index) => each === list[index]) ? value : put
  }

  #putText(text: string, field: string, document: ProfileDocument): unknown {
    const read = putIn(text, this.#lookup)
    if (!read.ok) {
      this.#note({ code: read.code, field, text: read.text, value: text }, document)
      return text
    }
    if (typeof read.value !== 'string') return read.value
    const before = this.#room
    this.#room -= read.value.length
    if (this.#room >= 0) return read.value
    const most = `${LARGEST_SUBSTITUTION} characters`
    if (before >= 0)
      this.#note({ field, text: `with this the variables make more than ${most} of the profile` }, document)
    return text
  }
}

/** `undefined` = nobody says anything. */
function mergedEntry(said: readonly Entry[]): Entry | undefined {
  const last = said.at(-1)
  if (last === undefined || said.length === 1) return last
  return new MergedEntry(said, last)
}
