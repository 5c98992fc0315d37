import type { FoulweatherError } from '../core/errors.ts'
import { isFields } from '../core/fields.ts'
import { didYouMean } from '../faults/nearest.ts'
import { type Mistake, Mistakes, problemOf, shown } from './mistake.ts'
import type { TextPlaces } from './places.ts'

/** What a field takes that holds things by name. */
interface MapWanted {
  readonly expected: string
  /** So many things at most. */
  readonly most: number
  /** What they are called. */
  readonly of: string
}

/** Gathers what is wrong with the fields of a document, each with its place. */
export class Notes {
  readonly #places: TextPlaces
  readonly #notes = new Mistakes<Mistake & { readonly ofKey: boolean }>()

  constructor(places: TextPlaces) {
    this.#places = places
  }

  add(mistake: Mistake): void {
    this.#notes.add({ ...mistake, ofKey: false })
  }

  /** A value that is not what its field takes. */
  wrong(field: string, value: unknown, expected: string, advice = ''): void {
    this.add({ field, text: `expected ${expected}, got ${shown(value)}${advice}`, value, expected })
  }

  /** A field that nobody knows. */
  unknown(field: string, name: string, known: readonly string[], advice: string | undefined): void {
    if (this.#notes.isFull) return
    const expected = `one of ${known.join(', ')}`
    const text = advice ?? `there is no such field${didYouMean(name, known)} (there are: ${known.join(', ')})`
    this.#notes.add({ field, text, value: name, expected, ofKey: true })
  }

  /** A name that cannot be used. */
  name(field: string, name: string, expected: string): void {
    this.#notes.add({ field, text: `expected ${expected}, got ${shown(name)}`, value: name, expected, ofKey: true })
  }

  /** What a map holds, by name; nothing where there is none, or it is no map, or holds too much. */
  entriesOf(field: string, value: unknown, { expected, most, of }: MapWanted): readonly (readonly [string, unknown])[] {
    // YAML has `null` where nothing is written behind the colon.
    if (value === undefined || value === null) return []
    if (!isFields(value)) {
      this.wrong(field, value, expected)
      return []
    }
    const entries = Object.entries(value)
    if (entries.length <= most) return entries
    this.add({ field, text: `a profile may have at most ${most} ${of}, and there are ${entries.length}` })
    return []
  }

  problems(): readonly FoulweatherError[] {
    return this.#notes.all.map((mistake) => {
      const { field, ofKey } = mistake
      return problemOf(mistake, (ofKey ? this.#places.ofKey(field) : undefined) ?? this.#places.near(field))
    })
  }
}
