/** The share of a distribution that is not above `x`; right-continuous. */
export type Cdf = (x: number) => number

/**
 * The Kolmogorov–Smirnov distance: the largest difference between the empirical distribution function of `sample` and `cdf`. A
 * distribution with single values of their own weight says in `below` what share lies strictly below `x`.
 */
export function ksDistance(sample: readonly number[], cdf: Cdf, below: Cdf = cdf): number {
  const sorted = Float64Array.from(sample).sort()
  let distance = 0
  for (let i = 0; i < sorted.length; i++) {
    const x = sorted[i] ?? NaN
    if (x !== sorted[i - 1]) distance = Math.max(distance, Math.abs(below(x) - i / sorted.length))
    if (x !== sorted[i + 1]) distance = Math.max(distance, Math.abs(cdf(x) - (i + 1) / sorted.length))
    if (Number.isNaN(distance)) return NaN
  }
  return distance
}

/**
 * What the distance exceeds with probability `alpha` though the sample is of the distribution: √(−ln(α/2)/2)/√n, the first term of
 * Kolmogorov's series, good to far below a percent for n above 1000. Where single values have weight it exceeds it more rarely.
 */
export function ksCritical(n: number, alpha: number): number {
  return Math.sqrt(-Math.log(alpha / 2) / 2 / n)
}

/** Φ by its power series (G. Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11 (2004)). For |x| up to 7 or so. */
export function normalCdfBySeries(x: number): number {
  let term = x
  let sum = x
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k
    sum += term
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)
}

export function mean(sample: readonly number[]): number {
  let sum = 0
  for (const x of sample) sum += x
  return sum / sample.length
}

/** Pearson's correlation of each value with the one after it. */
export function lag1Correlation(sample: readonly number[]): number {
  const middle = mean(sample)
  let together = 0
  let alone = 0
  for (const [index, x] of sample.entries()) {
    alone += (x - middle) ** 2
    const after = sample[index + 1]
    if (after !== undefined) together += (x - middle) * (after - middle)
  }
  return together / alone
}
