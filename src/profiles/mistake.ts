import { withoutPrivateKeys } from '../core/private-keys.ts'
import { FoulweatherError, type ErrorCode, type Place, placeText } from '../core/errors.ts'
import { defined } from '../core/defined.ts'
import { MOST_PROBLEMS } from './bounds.ts'

/** Something that is wrong with a text, as plain data: it goes from one thread to another. */
export interface Mistake {
  /** Default: `invalid_value`. */
  readonly code?: ErrorCode
  /** `''` = the text as a whole. */
  readonly field: string
  /** What is wrong, without the field. */
  readonly text: string
  readonly value?: unknown
  readonly expected?: string
}

/** The same with where it is in the text, as an offset. */
export interface MistakeInText extends Mistake {
  readonly offset: number
}

const LONGEST_VALUE = 200
const LONGEST_FIELD = 200

export function problemOf({ code, field, text, value, expected }: Mistake, place: Place | undefined): FoulweatherError {
  const named = field === '' ? text : `${shortened(field, LONGEST_FIELD)}: ${text}`
  const message = oneLine(place === undefined ? named : `${placeText(place)}: ${named}`)
  const details = { field: field === '' ? undefined : field, value: shortValue(value), expected, place }
  return new FoulweatherError(code ?? 'invalid_value', message, defined(details))
}

/** Messages stand in logs and on terminals, and parts of them come from a text. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '?')
}

/** Long texts, and what is no single value, would fill answers and logs. */
function shortValue(value: unknown): unknown {
  if (typeof value === 'string') return shortened(value, LONGEST_VALUE)
  return typeof value === 'object' && value !== null ? undefined : value
}

export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1).toWellFormed()}…` : text
}

/** A value in the text of an error: keys and passwords, which are long, are not in it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  return JSON.stringify(typeof value === 'string' ? shortened(withoutPrivateKeys(value), 60) : value) ?? 'nothing'
}

/** Gathers mistakes; those that are too many are left out. */
export class Mistakes<Kind extends Mistake> {
  readonly all: Kind[] = []

  add(mistake: Kind): void {
    if (this.all.length < MOST_PROBLEMS) this.all.push(mistake)
  }

  get isFull(): boolean {
    return this.all.length >= MOST_PROBLEMS
  }
}
