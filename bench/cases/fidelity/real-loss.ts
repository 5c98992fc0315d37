/** Times of exchanges in milliseconds. */
export interface ExchangeTimes {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
}

export interface RealLoss extends ExchangeTimes {
  /** Round-trip time of the path in milliseconds. */
  readonly rtt: number
  /** Of 100 packets in each direction, how many are dropped. */
  readonly percent: number
}

const cell = (
  rtt: number,
  percent: number,
  [mean, p50, p90, p95, p99]: readonly [number, number, number, number, number],
): RealLoss => ({ rtt, percent, mean, p50, p90, p95, p99 })

/**
 * What dropped packets do to TCP: measured between two network namespaces whose link drops each packet by chance, independently, in both
 * directions. Linux 6.18, cubic, TCP_NODELAY, persistent connections; request 100 B, response 1 000 B; 3 200 exchanges in each cell, one
 * run on one host: a mean is good to about 8 %, as it hangs on some dozens of stalls. scripts/conformance/loss.sh measures it anew.
 */
export const REAL_LOSS: readonly RealLoss[] = [
  cell(2, 0, [2.5, 2.5, 2.7, 2.8, 3.3]),
  cell(2, 1, [6.6, 2.4, 2.5, 2.7, 209]),
  cell(2, 2, [11.6, 2.3, 2.6, 2.9, 212]),
  cell(2, 5, [25.6, 2.3, 5.8, 210, 296]),
  cell(20, 0, [20.8, 20.7, 21.1, 21.4, 22.8]),
  cell(20, 1, [25.1, 20.5, 20.9, 21.1, 247]),
  cell(20, 2, [31.2, 20.7, 23.8, 26.9, 252]),
  cell(20, 5, [47.9, 20.6, 245, 250, 345]),
  cell(50, 0, [51.5, 50.8, 53.1, 54.2, 67]),
  cell(50, 1, [56.6, 50.6, 53.1, 55, 316]),
  cell(50, 2, [62.3, 50.4, 50.7, 52.3, 331]),
  cell(50, 5, [80.6, 50.4, 52.5, 320, 565]),
]
