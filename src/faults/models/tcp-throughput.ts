import type { RoundTrip } from './retransmission.ts'

/** Bytes of payload in a full packet: Ethernet's 1500 less 52 of headers and timestamps. */
export const MSS = 1448

/** Packets that a sender has under way at most before the first acknowledgement (RFC 6928). */
export const INITIAL_WINDOW = 10

/**
 * Bytes per second of a long transfer at a small loss rate: MSS / R · C / √p with C = 1.22, one acknowledgement per packet.
 * M. Mathis, J. Semke, J. Mahdavi, T. Ott: The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm, 1997.
 * `p` in 0…1; `rtt` in milliseconds, above 0.
 */
export function mathis(p: number, rtt: number): number {
  return (1.22 * MSS) / ((rtt / 1000) * Math.sqrt(p))
}

/**
 * The same with time-outs, which count above about 1 %: MSS / (R·√(2p/3) + RTO·min(1, 3·√(3p/8))·p·(1 + 32p²)).
 * J. Padhye, V. Firoiu, D. Towsley, J. Kurose: Modeling TCP Throughput, 1998, in the form of RFC 5348 with one acknowledgement per packet.
 */
export function pftk(p: number, rtt: number, rto: number): number {
  const recovery = (rtt / 1000) * Math.sqrt((2 * p) / 3)
  const timeouts = (rto / 1000) * Math.min(1, 3 * Math.sqrt((3 * p) / 8)) * p * (1 + 32 * p * p)
  return MSS / (recovery + timeouts)
}

/**
 * Bytes per second that a loss-based sender (reno, cubic) reaches; without loss as many as there are. The geometric mean of the two: from 1 %
 * up they bracket what was measured, or are within 15 % of it. Never below a packet per time-out.
 */
export function lossPace(p: number, { rtt, rtoMin }: RoundTrip): number {
  if (p === 0) return Infinity
  const rto = rtt + rtoMin
  return Math.max(Math.sqrt(mathis(p, rtt) * pftk(p, rtt, rto)), MSS / (rto / 1000))
}
