/** Milliseconds: beyond it no time-out grows (Linux, TCP_RTO_MAX). */
const CEILING_MS = 120_000

/** Linux gives a connection up after that many retransmissions of a packet (tcp_retries2); a stall ends there. */
const MOST_RETRANSMISSIONS = 15

/** An exchange that took longer says no more about the path (fitted to measurements). */
const LONGEST_SAMPLE_MS = 300

/** How often the sample of a delayed answer counts (fitted to measurements). */
const SAMPLE_COUNTS = 0.75

/** The round trip of a path, in milliseconds, and the least time-out of its senders. */
export interface RoundTrip {
  readonly rtt: number
  readonly rtoMin: number
}

/**
 * How long a sender waits for an acknowledgement: RFC 6298 with Linux's floor, RTO = SRTT + max(floor, 4·RTTVAR), gains 1/8 and 1/4.
 *
 * What is fed are the round trip of the path and, after a lost answer, how long that exchange took: it makes the next time-outs of the
 * connection longer, as it does on a real one.
 */
export class RetransmissionTimer {
  readonly path: RoundTrip
  #smoothed: number
  #variation: number

  constructor(path: RoundTrip) {
    this.path = path
    this.#smoothed = path.rtt
    this.#variation = path.rtt / 2
  }

  get rto(): number {
    return Math.min(CEILING_MS, this.#smoothed + Math.max(this.path.rtoMin, 4 * this.#variation))
  }

  /** An exchange without a loss. */
  plain(): void {
    this.#feed(this.path.rtt)
  }

  /** An exchange that took `took` because its answer was lost; `draw` in [0, 1). */
  delayed(took: number, draw: number): void {
    this.#feed(draw < SAMPLE_COUNTS ? Math.min(LONGEST_SAMPLE_MS, took) : this.path.rtt)
  }

  #feed(sample: number): void {
    this.#variation += (Math.abs(this.#smoothed - sample) - this.#variation) / 4
    this.#smoothed += (sample - this.#smoothed) / 8
  }
}

export interface Stall {
  readonly ms: number
  /** Packets lost in it: the first and its retransmissions. */
  readonly losses: number
}

/**
 * How long a lost packet with nothing behind it is late: the first two losses cost one time-out each, since Linux probes before it backs off;
 * then they double. `lostAgain` is asked for each retransmission, with the milliseconds since the last attempt.
 */
export function timeoutStall(rto: number, lostAgain: (waited: number) => boolean): Stall {
  let wait = rto
  let ms = rto
  let losses = 1
  while (losses < MOST_RETRANSMISSIONS && lostAgain(wait)) {
    if (losses >= 2) wait = Math.min(CEILING_MS, wait * 2)
    ms += wait
    losses++
  }
  return { ms, losses }
}

export type SynBackoff = 'linear' | 'exponential'

/** Linux: tcp_syn_retries, and of these tcp_syn_linear_timeouts (kernel 6.5 and later) that do not double. */
const SYN_RETRIES = 6
const SYN_LINEAR = 4
const SYN_FIRST_MS = 1000

/** Waits between the attempts to open a connection, the last one until the kernel gives up. */
export function synWaits(backoff: SynBackoff): readonly number[] {
  const linear: number[] = Array.from({ length: backoff === 'linear' ? SYN_LINEAR : 0 }, () => SYN_FIRST_MS)
  return linear.concat(Array.from({ length: SYN_RETRIES + 1 }, (_, index) => SYN_FIRST_MS * 2 ** index))
}

/** Milliseconds by which a connection comes about later; `failed` is asked for each attempt. */
export function handshakeStall(backoff: SynBackoff, failed: () => boolean): number {
  let ms = 0
  for (const wait of synWaits(backoff)) {
    if (!failed()) break
    ms += wait
  }
  return ms
}
