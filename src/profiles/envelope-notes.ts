import type { FoulweatherError } from '../core/errors.ts'
import { didYouMean } from '../faults/nearest.ts'
import { type Mistake, Mistakes, problemOf, shown } from './mistake.ts'
import type { TextPlaces } from './places.ts'

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

  problems(): readonly FoulweatherError[] {
    return this.#notes.all.map((mistake) => {
      const { field, ofKey } = mistake
      return problemOf(mistake, (ofKey ? this.#places.ofKey(field) : undefined) ?? this.#places.near(field))
    })
  }
}
