import { defined } from '../core/defined.ts'
import type { FoulweatherError } from '../core/errors.ts'
import type { Outcome, ProfileDocument } from './document.ts'
import { readEnvelope } from './envelope.ts'
import { Notes } from './envelope-notes.ts'
import { MOST_PROBLEMS } from './bounds.ts'
import { type MistakeInText, problemOf } from './mistake.ts'
import { TextPlaces } from './places.ts'
import { readText } from './read-text.ts'

/** What a text is called. */
export interface TextName {
  /** Of the profile. */
  readonly name: string
  /** As errors show it; absent = the text did not come from a file. */
  readonly file?: string
}

/** What was read of a text, here or in another thread. */
export interface ReadValues {
  /** `undefined` = it is no YAML. */
  readonly value: unknown
  readonly paths: () => readonly string[]
  readonly offsets: ArrayLike<number>
  readonly lines: ArrayLike<number>
  readonly mistakes: readonly MistakeInText[]
}

/**
 * Reads a profile from YAML 1.2, hence also from JSON. Never throws, whatever the text is. What proxies and faults hold is not looked at here.
 */
export function parseProfile(text: string, about: TextName): Outcome<ProfileDocument> {
  const { tree, mistakes, lines } = readText(text)
  const { value, paths = [], offsets = [] } = tree ?? {}
  return documentOf({ value, paths: () => paths, offsets, lines, mistakes }, about)
}

/** The profile that the values of a text are. */
export function documentOf(read: ReadValues, { name, file }: TextName): Outcome<ProfileDocument> {
  const places = new TextPlaces(read.paths, read.offsets, read.lines, file)
  const problems = read.mistakes.map((mistake) => problemOf(mistake, places.at(mistake.offset)))
  // Without values there is nothing to say of fields.
  if (read.value === undefined) return { ok: false, problems }
  const notes = new Notes(places)
  const envelope = readEnvelope(read.value, notes)
  const all = [...problems, ...notes.problems()].toSorted(byPlace).slice(0, MOST_PROBLEMS)
  if (all.length > 0) return { ok: false, problems: all }
  return { ok: true, value: { name, ...defined({ file }), ...envelope, places } }
}

function byPlace(one: FoulweatherError, other: FoulweatherError): number {
  const [a, b] = [one.place, other.place]
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}
