/** Keys come from users: what is kept of them has to have a bound. */
const KEYS_KEPT = 1000

/** In the place of every part of a key that came too late. */
const OTHER = 'other'

/** Counts by labels. Beyond 1000 different ones the rest are counted as `other`. */
export class KeyCounter<Label extends string> {
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<Label, string>>; value: number }>()

  add(labels: Readonly<Record<Label, string>>): void {
    const counted = this.#find(labels)
    if (counted === undefined) this.#counts.set(keyOf(labels), { labels, value: 1 })
    else counted.value++
  }

  list(): readonly { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[] {
    return [...this.#counts.values()]
  }

  #find(labels: Readonly<Record<Label, string>>) {
    const found = this.#counts.get(keyOf(labels))
    if (found !== undefined || this.#counts.size < KEYS_KEPT) return found
    const other = Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]))
    const counted = this.#counts.get(keyOf(other)) ?? { labels: { ...labels, ...other }, value: 0 }
    this.#counts.set(keyOf(other), counted)
    return counted
  }
}

function keyOf(labels: object): string {
  return JSON.stringify(Object.values(labels))
}
