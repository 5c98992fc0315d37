/** How long a run will still take, from how long its cases took in an earlier run or, without one, from those that are done. */
export class Estimate {
  readonly #known: ReadonlyMap<string, number>
  readonly #pending: Set<string>
  readonly #done = new Map<string, number>()
  #current: { readonly name: string; readonly since: number } | undefined

  /** `known`: seconds that cases are expected to take. */
  constructor(cases: readonly string[], known: ReadonlyMap<string, number>) {
    this.#pending = new Set(cases)
    this.#known = known
  }

  /** At so many seconds a case begins, and the one before it is done. */
  begin(name: string, seconds: number): void {
    this.end(seconds)
    this.#pending.delete(name)
    this.#current = { name, since: seconds }
  }

  end(seconds: number): void {
    if (this.#current !== undefined) this.#done.set(this.#current.name, seconds - this.#current.since)
    this.#current = undefined
  }

  /** Seconds that each case that is done took. */
  get done(): ReadonlyMap<string, number> {
    return this.#done
  }

  /** Seconds that are left, or `undefined` while nothing is known of one of the cases. A case that takes longer than expected adds nothing. */
  left(seconds: number): number | undefined {
    const { name, since } = this.#current ?? {}
    let left = 0
    for (const one of name === undefined ? this.#pending : [name, ...this.#pending]) {
      const expected = this.#known.get(one) ?? this.#average()
      if (expected === undefined) return undefined
      left += one === name ? Math.max(0, expected - (seconds - (since ?? 0))) : expected
    }
    return left
  }

  #average(): number | undefined {
    if (this.#done.size === 0) return undefined
    return [...this.#done.values()].reduce((sum, seconds) => sum + seconds, 0) / this.#done.size
  }
}

/** What a line of progress begins with: seconds since the start, and about what is left. */
export function progressHead(seconds: number, left: number | undefined): string {
  const since = `${seconds.toFixed(0).padStart(4)} s`
  if (left === undefined) return `[${since}]`
  const rest = left < 90 ? `${Math.ceil(left / 10) * 10} s` : `${Math.round(left / 60)} min`
  return `[${since}, about ${rest} left]`
}
