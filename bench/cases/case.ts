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

export const relaysBytes = ({ protocol, bulkOnly }: Rival): boolean => protocol === 'tcp' && bulkOnly !== true

/** Takes part where the figure is the proxy's own: there must be one. */
export const isProxy = (rival: Rival): boolean => relaysBytes(rival) && rival.name !== 'direct'

/** Takes toxics on the bytes that it relays. */
export const injectsFaults = ({ faults, protocol }: Rival): boolean => faults && protocol === 'tcp'

/** Reads requests and responses; `direct` stands beside as the ceiling. */
export const readsHttp = ({ protocol, name }: Rival): boolean => protocol === 'http' || name === 'direct'
