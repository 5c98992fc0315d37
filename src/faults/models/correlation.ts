import type { Random } from '../../core/random.ts'
import { NEAREST, normalCdf, normalQuantile } from './normal.ts'

/**
 * Evenly distributed numbers in [0, 1) of which each leans on the one before: a Gaussian copula over an AR(1) process,
 *
 *     z' = ρ·z + √(1 − ρ²)·ε,   u = Φ(z),   ε normal, the first z drawn alike.
 *
 * Every z is standard normal, hence every u even, hence quantile(u) distributed exactly as without correlation. The lag-1 correlation of the
 * z is ρ; the rank correlation of the values is (6/π)·asin(ρ/2), which is ρ to within 0.018, whatever the distribution
 * (W. H. Kruskal, "Ordinal Measures of Association", JASA 53 (1958), 814–861).
 *
 * tc-netem blends the even numbers themselves (u' = ρ·u + (1 − ρ)·random). That draws them to the middle: their variance shrinks by
 * (1 − ρ)/(1 + ρ), so that with ρ = 0.5 it is a third, and the tails of any distribution are lost.
 */
export class CorrelatedDraws {
  readonly #weight: number
  readonly #freshWeight: number
  #last: number | undefined

  /** `correlation` ρ: 0…1; with 1 every draw repeats the first. Goes on from where `previous` is. */
  constructor(correlation: number, previous?: CorrelatedDraws) {
    this.#weight = correlation
    this.#freshWeight = Math.sqrt(1 - correlation * correlation)
    this.#last = previous === undefined ? undefined : previous.#last
  }

  /** Takes one number of `random`. */
  next(random: Random): number {
    const fresh = normalQuantile(random.next())
    const value = this.#last === undefined ? fresh : this.#weight * this.#last + this.#freshWeight * fresh
    this.#last = value
    return Math.min(1 - NEAREST, normalCdf(value))
  }
}
