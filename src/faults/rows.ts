/**
 * Rows of numbers one behind the other, somewhere within cells: a list that several threads can share. The first number is how many there are, so
 * that cells that are all 0 hold an empty list.
 */
export class Rows {
  readonly capacity: number
  readonly #offset: number
  readonly #width: number

  /** @param offset where in the cells they begin. */
  constructor(offset: number, width: number, capacity: number) {
    this.#offset = offset
    this.#width = width
    this.capacity = capacity
  }

  /** How many cells they take. */
  static cells(width: number, capacity: number): number {
    return 1 + width * capacity
  }

  count(values: Float64Array): number {
    return values[this.#offset] ?? 0
  }

  get(values: Float64Array, row: number, column: number): number {
    return values[this.#at(row) + column] ?? 0
  }

  set(values: Float64Array, row: number, column: number, value: number): void {
    values[this.#at(row) + column] = value
  }

  /** Those from `from` on and before `to` come to stand at `target`, over what is there. */
  move(values: Float64Array, from: number, to: number, target: number): void {
    if (from < to && from !== target) values.copyWithin(this.#at(target), this.#at(from), this.#at(to))
  }

  /** Makes room for one more in front of `row`, to be filled by who asked. They may not be full. */
  insert(values: Float64Array, row: number): void {
    const count = this.count(values)
    if (row < count) values.copyWithin(this.#at(row + 1), this.#at(row), this.#at(count))
    values[this.#offset] = count + 1
  }

  /** Takes out those from `from` on, and before `to`. */
  remove(values: Float64Array, from: number, to: number): void {
    if (to <= from) return
    const count = this.count(values)
    if (to < count) values.copyWithin(this.#at(from), this.#at(to), this.#at(count))
    values[this.#offset] = count - (to - from)
  }

  /** The first row whose `column`, which rises from row to row, is above `at`. */
  firstAbove(values: Float64Array, column: number, at: number): number {
    let low = 0
    let high = this.count(values)
    // Mostly it is about what comes behind all others.
    if (high === 0 || this.get(values, high - 1, column) <= at) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.get(values, middle, column) <= at) low = middle + 1
      else high = middle
    }
    return low
  }

  #at(row: number): number {
    return this.#offset + 1 + row * this.#width
  }
}
