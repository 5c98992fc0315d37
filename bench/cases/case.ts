import type { Rival } from '../rivals/rival.ts'

/** One figure of a sample: what the key means in a table. */
export interface Metric {
  readonly key: string
  /** Column head, unit included. */
  readonly label: string
  readonly digits: number
  /** Show it as a multiple of the yardstick's, too. */
  readonly compared?: boolean
  /** It is 1 (within tolerance) or 0 (not), and shown as `ok` or `NOT ok`. */
  readonly verdict?: boolean
}

/** One group of measurements. */
export interface Case {
  readonly name: string
  /** Cases of a group run only when they or the group are named. */
  readonly group?: string
  /** More work than a first look has time for: not run with `--quick`, unless it is named. */
  readonly heavy?: true
  /** One line for `--list` and above the table. */
  readonly summary: string
  readonly metrics: readonly Metric[]
  /** The rival that the others are compared with. Default: HAProxy in tcp mode. */
  readonly yardstick?: string
  /** Which rivals can take part. */
  takes(rival: Rival): boolean
  run(context: CaseContext): Promise<void>
}

/** What one rival did once. */
export interface Sample {
  readonly case: string
  /** What is varied within the case: `download`, `50 ms`, …; empty when nothing is. */
  readonly variant: string
  readonly rival: string
  readonly round: number
  readonly metrics: Readonly<Record<string, number>>
}

export interface CaseContext {
  /** Verified ones that the case takes; never empty. */
  readonly rivals: readonly Rival[]
  readonly rounds: number
  /** `full` or less work per sample, for a first look. */
  readonly quick: boolean
  record(sample: Omit<Sample, 'case'>): void
  /** Something that the reader of the tables has to know (a rival that gave up, a tool that is not installed). */
  note(text: string): void
  /** Integrity is broken: the run ends with an error. */
  fail(text: string): void
}

/** Moves streams of bytes from end to end, however much at once. */
export const movesBulk = ({ protocol, exchangesOnly, workers }: Rival): boolean =>
  protocol === 'tcp' && exchangesOnly !== true && workers === undefined

export const relaysBytes = (rival: Rival): boolean => movesBulk(rival) && rival.bulkOnly !== true

/** Gives a message on and brings its answer back, one at a time on each connection. */
export const relaysMessages = (rival: Rival): boolean =>
  relaysBytes(rival) || (rival.protocol === 'tcp' && rival.exchangesOnly === true)

/** Takes part where the figure is the proxy's own: there must be one. */
export const isProxy = (rival: Rival): boolean => relaysBytes(rival) && rival.name !== 'direct'

/** Takes toxics on the bytes that it relays, by Toxiproxy's admin API. */
export const injectsFaults = (rival: Rival): boolean => rival.faults && relaysBytes(rival)

/** Reads requests and responses with bodies of any size; `direct` stands beside as the ceiling. */
export const movesHttp = ({ protocol, name }: Rival): boolean => protocol === 'http' || name === 'direct'

/** The same without those that differ in large bodies alone. */
export const readsHttp = (rival: Rival): boolean => movesHttp(rival) && rival.bulkOnly !== true
