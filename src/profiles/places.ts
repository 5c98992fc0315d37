import type { Place } from '../core/errors.ts'

/**
 * Where every path of a text is. What is asked for is found when it is asked for: most profiles have no mistake, and an index of a large one
 * takes longer to make than everything else.
 */
export class TextPlaces implements ReadonlyMap<string, Place> {
  readonly #paths: () => readonly string[]
  /** Two for each path: of its value, and of its key. */
  readonly #offsets: ArrayLike<number>
  readonly #lines: ArrayLike<number>
  readonly #file: string | undefined
  #index: ReadonlyMap<string, number> | undefined

  constructor(
    paths: () => readonly string[],
    offsets: ArrayLike<number>,
    lines: ArrayLike<number>,
    file: string | undefined,
  ) {
    this.#paths = paths
    this.#offsets = offsets
    this.#lines = lines
    this.#file = file
  }

  get(path: string): Place | undefined {
    const at = this.#all().get(path)
    return at === undefined ? undefined : this.at(this.#offsets[2 * at] ?? 0)
  }

  /** Where the name of a field is, instead of its value. */
  ofKey(path: string): Place | undefined {
    const at = this.#all().get(path)
    return at === undefined ? undefined : this.at(this.#offsets[2 * at + 1] ?? 0)
  }

  /** The place of `path`, or of the nearest thing around it. */
  near(path: string): Place {
    for (let around = path; around !== ''; around = outside(around)) {
      const place = this.get(around)
      if (place !== undefined) return place
    }
    return this.get('') ?? this.at(0)
  }

  at(offset: number): Place {
    const line = this.#lineOf(offset)
    const place = { line: line + 1, column: offset - (this.#lines[line] ?? 0) + 1 }
    return this.#file === undefined ? place : { file: this.#file, ...place }
  }

  has(path: string): boolean {
    return this.#all().has(path)
  }

  get size(): number {
    return this.#all().size
  }

  *entries(): MapIterator<[string, Place]> {
    for (const [path, at] of this.#all()) yield [path, this.at(this.#offsets[2 * at] ?? 0)]
  }

  keys(): MapIterator<string> {
    return this.#all().keys()
  }

  *values(): MapIterator<Place> {
    for (const [, place] of this.entries()) yield place
  }

  [Symbol.iterator](): MapIterator<[string, Place]> {
    return this.entries()
  }

  forEach(use: (place: Place, path: string, all: ReadonlyMap<string, Place>) => void): void {
    for (const [path, place] of this.entries()) use(place, path, this)
  }

  #all(): ReadonlyMap<string, number> {
    if (this.#index !== undefined) return this.#index
    const index = new Map<string, number>()
    // Names with dots in them can make two paths look the same: the first one stays.
    for (const [at, path] of this.#paths().entries()) if (!index.has(path)) index.set(path, at)
    this.#index = index
    return index
  }

  /** By halving, from 0. */
  #lineOf(offset: number): number {
    let from = 0
    let to = this.#lines.length
    while (to - from > 1) {
      const middle = (from + to) >> 1
      if ((this.#lines[middle] ?? 0) <= offset) from = middle
      else to = middle
    }
    return from
  }
}

/** The path of what a path is in: `faults[2].latency` → `faults[2]` → `faults` → `''`. */
export function outside(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.'), path.lastIndexOf('[')))
}
