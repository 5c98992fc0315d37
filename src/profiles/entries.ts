import type { Place } from '../core/errors.ts'
import type { Entry, FaultEntry, Fields, ProfileDocument } from './document.ts'
import { isFields } from '../core/fields.ts'
import { outside } from './places.ts'

/** The place of `path` in the text of a document, or of the nearest thing around it. */
export function placeNear({ places }: ProfileDocument, path: string): Place | undefined {
  for (let around = path; around !== ''; around = outside(around)) {
    const place = places.get(around)
    if (place !== undefined) return place
  }
  return places.get('')
}

function within(path: string, field: string): string {
  if (field === '') return path
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`
}

/** A proxy or a fault of one document. */
export class WrittenEntry implements Entry {
  readonly fields: Fields
  readonly path: string
  readonly #document: ProfileDocument

  constructor(fields: Fields, path: string, document: ProfileDocument) {
    this.fields = fields
    this.path = path
    this.#document = document
  }

  get profile(): string {
    return this.#document.name
  }

  place(field = ''): Place | undefined {
    return placeNear(this.#document, within(this.path, field))
  }
}

export class WrittenFault extends WrittenEntry implements FaultEntry {
  readonly on: readonly string[]

  constructor(fields: Fields, on: readonly string[], path: string, document: ProfileDocument) {
    super(fields, path, document)
    this.on = on
  }
}

/** A proxy of which several profiles say something, put together as a `PATCH` would (RFC 7396): each field stands where it was said last. */
export class MergedEntry implements Entry {
  readonly fields: Fields
  readonly path: string
  readonly #last: Entry
  /** In the order of the profiles. */
  readonly #all: readonly Entry[]

  constructor(all: readonly Entry[], last: Entry) {
    this.fields = all.reduce<Fields>((merged, { fields }) => patched(merged, fields), {})
    this.path = last.path
    this.#all = all
    this.#last = last
  }

  get profile(): string {
    return this.#last.profile
  }

  place(field = ''): Place | undefined {
    for (let around = field; around !== ''; around = outside(around)) {
      const owner = this.#all.findLast(({ fields }) => says(fields, around))
      if (owner !== undefined) return owner.place(around)
    }
    return this.#last.place()
  }
}

function patched(fields: Fields, patch: Fields): Fields {
  const merged = { ...fields }
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name]
    if (value === null) delete merged[name]
    else if (isFields(value)) merged[name] = patched(isFields(before) ? before : {}, value)
    else merged[name] = value
  }
  return merged
}

/** Whether there is anything at this path, within the lists and objects of `fields`. */
function says(fields: Fields, path: string): boolean {
  let value: unknown = fields
  for (const name of path.split(/[.[\]]+/).filter(Boolean)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
    value = Object.entries(value).find(([key]) => key === name)?.[1]
  }
  return true
}
