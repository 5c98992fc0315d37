import { normalQuantile } from './normal.ts'

/** The value that a share `u` (0 ≤ u < 1) of all draws stays below: a draw is the quantile of an evenly drawn `u`. Milliseconds. */
export type Quantile = (u: number) => number

export const DISTRIBUTIONS = ['uniform', 'normal', 'lognormal', 'exponential', 'pareto', 'paretonormal'] as const

export type Distribution = (typeof DISTRIBUTIONS)[number]

/**
 * Delays around `latency`, spread by `jitter`; both milliseconds, `jitter` above 0. Values below 0 come out as they are: they mean 0.
 *
 * - uniform: latency ± jitter, every value alike.
 * - normal: mean latency, standard deviation jitter.
 * - lognormal: the same, and the logarithm is normal. By the method of moments: σ² = ln(1 + (jitter/latency)²), μ = ln(latency) − σ²/2
 *   (N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions 1, chapter 14).
 * - exponential: latency and on top of it an exponential wait of mean jitter: what a random queue adds to a line.
 * - pareto, paretonormal: the tables of tc-netem (iproute2, netem/pareto.c and paretonormal.c), without their steps.
 */
export function quantileOf(distribution: Distribution, latency: number, jitter: number): Quantile {
  return QUANTILES[distribution](latency, jitter)
}

const QUANTILES: Readonly<Record<Distribution, (latency: number, jitter: number) => Quantile>> = {
  // Toxiproxy's jitter: recorded seeds replay to the last bit as long as this stays as it is.
  uniform: (latency, jitter) => (u) => latency + (u * 2 - 1) * jitter,
  normal: (latency, jitter) => (u) => latency + normalQuantile(u) * jitter,
  lognormal,
  exponential: (latency, jitter) => (u) => latency - Math.log1p(-u) * jitter,
  pareto: (latency, jitter) => (u) => latency + paretoUnit(u) * jitter,
  paretonormal: (latency, jitter) => (u) => latency + (normalQuantile(u) / 4 + (paretoUnit(u) * 3) / 4) * jitter,
}

function lognormal(mean: number, deviation: number): Quantile {
  const ratio = deviation / mean
  // A ramp may begin with a mean of 0, where there is no such distribution: what comes near to it hardly ever delays at all.
  if (!(ratio < 1e100)) return () => 0
  const variance = Math.log1p(ratio ** 2)
  const median = mean / Math.exp(variance / 2)
  const sigma = Math.sqrt(variance)
  return (u) => median * Math.exp(sigma * normalQuantile(u))
}

/** netem keeps its tables as signed 16-bit numbers with 8192 for 1 (NETEM_DIST_SCALE): no entry is larger. */
export const PARETO_CAP = 32_767 / 8192

/**
 * A Pareto variable of shape 3 and smallest value 1 (mean 1.5) moved to mean 0 and stretched by 4/3, as netem has it. From −2/3 up; the cap cuts
 * off 1.1 % of the draws.
 */
function paretoUnit(u: number): number {
  return Math.min(PARETO_CAP, ((1 - u) ** (-1 / 3) - 1.5) * (4 / 3))
}
