/**
 * The standard normal distribution: mean 0, standard deviation 1.
 */

/** Half a step of the 32-bit generator: no nearer than this do draws come to 0 and 1, where quantiles are infinite. */
export const NEAREST = 2 ** -33

/** `coefficients` from the highest power to the lowest. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * x + coefficient
  return sum
}

/** The published coefficients, as the nearest doubles. */
const CENTRE_ABOVE = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
]
const CENTRE_BELOW = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
]
const TAIL_ABOVE = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
]
const TAIL_BELOW = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
]
const FAR_ABOVE = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
]
const FAR_BELOW = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
]

/**
 * The value that a share `p` of all draws stays below; Φ⁻¹. Never infinite: `p` counts as no nearer to 0 and 1 than `NEAREST` (±6.3).
 *
 * Algorithm AS 241, PPND16: M. J. Wichura, "The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988), 477–484.
 * Good to about 1e-16 of the value.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(r, CENTRE_ABOVE)) / polynomial(r, CENTRE_BELOW)
  }
  const r = Math.sqrt(-Math.log(Math.max(NEAREST, q < 0 ? p : 1 - p)))
  const value =
    r <= 5
      ? polynomial(r - 1.6, TAIL_ABOVE) / polynomial(r - 1.6, TAIL_BELOW)
      : polynomial(r - 5, FAR_ABOVE) / polynomial(r - 5, FAR_BELOW)
  return q < 0 ? -value : value
}

const HART_ABOVE = [
  0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
]
const HART_BELOW = [
  0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
]

/**
 * The share of all draws that stays below `x`; Φ.
 *
 * J. F. Hart et al., "Computer Approximations" (1968), in the form of G. West, "Better approximations to cumulative normal functions",
 * Wilmott Magazine (May 2005), 70–76. Good to about 1e-14.
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x)
  if (z > 37) return x > 0 ? 1 : 0
  const bell = Math.exp((-z * z) / 2)
  const tail =
    z < 7.07106781186547
      ? (bell * polynomial(z, HART_ABOVE)) / polynomial(z, HART_BELOW)
      : bell / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / Math.sqrt(2 * Math.PI)
  return x > 0 ? 1 - tail : tail
}
