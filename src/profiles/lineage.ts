import type { FoulweatherError } from '../core/errors.ts'
import { didYouMean } from '../faults/nearest.ts'
import { MOST_EXTENDED } from './bounds.ts'
import type { ProfileDocument } from './document.ts'
import { problemOf, shown } from './mistake.ts'
import { placeNear } from './entries.ts'

export interface Library {
  find(name: string): ProfileDocument | undefined
  /** All names, also of those that cannot be found because they have mistakes. */
  readonly names?: readonly string[]
}

/** A profile and all that it adds to, in the order in which they are applied: it comes last. */
export interface Lineage {
  readonly documents: readonly ProfileDocument[]
  readonly problems: readonly FoulweatherError[]
}

/**
 * What a profile extends comes before it, the first one first, each behind what it extends itself. A profile that is reached in several ways counts
 * once, where it was reached first.
 */
export function lineageOf(document: ProfileDocument, library: Library): Lineage {
  const walk = new Walk(library)
  walk.visit(document, [])
  return { documents: walk.documents, problems: walk.problems }
}

class Walk {
  readonly documents: ProfileDocument[] = []
  readonly problems: FoulweatherError[] = []
  readonly #library: Library
  readonly #seen = new Set<string>()

  constructor(library: Library) {
    this.#library = library
  }

  visit(document: ProfileDocument, above: readonly string[]): void {
    const way = [...above, document.name]
    this.#seen.add(document.name)
    for (const [index, name] of document.extends.entries()) {
      if (way.includes(name)) {
        const circle = [...way.slice(way.indexOf(name)), name].join(' → ')
        this.#refuse(document, index, `this goes round in a circle: ${circle}`)
      } else if (!this.#seen.has(name)) this.#follow(document, index, name, way)
    }
    this.documents.push(document)
  }

  #follow(document: ProfileDocument, index: number, name: string, way: readonly string[]): void {
    if (this.#seen.size > MOST_EXTENDED) return
    const found = this.#library.find(name)
    if (found === undefined) {
      this.#seen.add(name)
      const { names = [] } = this.#library
      const others = names.filter((other) => other !== document.name)
      const list =
        others.length > 0 ? ` (there are: ${others.slice(0, 20).join(', ')}${others.length > 20 ? ', …' : ''})` : ''
      const text = others.includes(name)
        ? `the profile ${shown(name)} has mistakes, which have to be mended first`
        : `there is no profile ${shown(name)}${didYouMean(name, others)}${list}`
      this.#refuse(document, index, text)
    } else if (this.#seen.size === MOST_EXTENDED) {
      this.#seen.add(name)
      this.#refuse(document, index, `a profile may extend at most ${MOST_EXTENDED} profiles, directly or not`)
    } else this.visit(found, way)
  }

  #refuse(document: ProfileDocument, index: number, text: string): void {
    const field = document.places.has(`extends[${index}]`) ? `extends[${index}]` : 'extends'
    const value = document.extends[index]
    const expected = 'the name of another profile'
    this.problems.push(problemOf({ field, text, value, expected }, placeNear(document, field)))
  }
}
