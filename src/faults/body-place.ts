import { z } from 'zod'
import { LARGEST, readSizeText } from './params.ts'

/** Bytes of a body that come before the place, or the share of the body that does, as a text such as `30%`. */
export type BodyPlace = number | string

const SHARE = /^(\d+(?:\.\d+)?)%$/

const PLACE = 'bytes, a size such as "64KiB", or a share of the body such as "30%"'

/** Where in a body something happens. */
export const bodyPlace = () => {
  const error = `expected ${PLACE}`
  return z
    .union([z.number({ error }).min(0, { error }), z.string()], { error })
    .transform((given, context): BodyPlace => {
      if (typeof given === 'string' && shareOf(given) !== undefined) return given.trim()
      const bytes = typeof given === 'number' ? given : readSizeText(given)
      if (bytes !== undefined && bytes <= LARGEST) return Math.round(bytes)
      context.addIssue({ code: 'custom', message: error, input: given })
      return z.NEVER
    })
    .meta({ unit: 'bytes', accepts: PLACE })
}

/** 0…1; `undefined` = it is no share. */
function shareOf(text: string): number | undefined {
  const percent = Number(SHARE.exec(text.trim())?.[1] ?? NaN)
  return percent <= 100 ? percent / 100 : undefined
}

/**
 * How far one body has come towards a place in it. Kept over updates, so that a new place counts from the beginning of the body too.
 */
export class BodyProgress {
  readonly #length: number | undefined
  /** Of the first piece that came, bytes. */
  #first: number | undefined
  passed = 0

  /** @param length of the body; `undefined` = nobody knows it yet. */
  constructor(length: number | undefined) {
    this.#length = length
  }

  /** Bytes that come next. To be told of before anything is asked about them. */
  comes(bytes: number): void {
    this.#first ??= bytes
  }

  /**
   * Bytes in front of `place`. `Infinity` = it is never reached, because the body is known to be no longer than that: nothing would be missing
   * behind it. `undefined` = it takes the first piece to know: the share of a body of unknown length is taken of that.
   */
  before(place: BodyPlace): number | undefined {
    const whole = this.#length ?? this.#first
    if (typeof place === 'string' && whole === undefined) return undefined
    const bytes = typeof place === 'number' ? place : Math.floor((shareOf(place) ?? 0) * (whole ?? 0))
    return this.#length !== undefined && bytes >= this.#length ? Infinity : bytes
  }

  /** Bytes from here to `place`, before the first piece none; never below 0. */
  left(place: BodyPlace): number {
    return Math.max(0, (this.before(place) ?? 0) - this.passed)
  }

  /** The end of the body comes now: whether it lies behind `place`. A body of unknown length without a byte ends behind any place. */
  endsBehind(place: BodyPlace): boolean {
    return this.passed >= (this.before(place) ?? 0)
  }
}
