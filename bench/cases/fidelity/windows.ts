import { quantile } from '../../statistics.ts'

/** When something was so, from `begin` to `end`, in milliseconds on one clock. */
export interface Window {
  readonly begin: number
  readonly end: number
}

/** When a byte was sent and when it came back. */
export type Tick = readonly [sent: number, received: number]

/** When a connection was tried, and whether it came about. */
export type Knock = readonly [at: number, open: 0 | 1]

/**
 * Where the answers were held: from the sending of the first tick that took longer than `normal` to the moment when it came. What was under
 * way at the beginning of the measurement is left out, as its own beginning is not known.
 */
export function heldWindows(ticks: readonly Tick[], normal: number): readonly Window[] {
  const windows: Window[] = []
  let held = true
  for (const [sent, received] of ticks) {
    const late = received - sent > normal
    if (late && !held) windows.push({ begin: sent, end: received })
    held = late
  }
  return windows
}

/** Where connecting failed: from the first failure to the first success after it. Windows that are cut off at either end are left out. */
export function closedWindows(knocks: readonly Knock[]): readonly Window[] {
  const windows: Window[] = []
  let begin: number | undefined
  let before: 0 | 1 = 0
  for (const [at, open] of knocks) {
    if (open === 0 && before === 1) begin = at
    if (open === 1 && begin !== undefined) {
      windows.push({ begin, end: at })
      begin = undefined
    }
    before = open
  }
  return windows
}

/** Windows that come back every `period` milliseconds and last for `length`. */
export interface Rhythm {
  readonly period: number
  readonly length: number
}

/** How the windows that were seen lie beside those that were asked for; all in milliseconds. */
export interface Fit {
  /** The mean distance of one beginning to the next. */
  readonly period: number
  /** The beginning and the end that are furthest from their places in the period, which is counted from the median beginning. */
  readonly begin: number
  readonly end: number
}

/** Looks at windows of a known rhythm and an unknown phase. */
export function fitWindows(windows: readonly Window[], { period, length }: Rhythm): Fit {
  const [first] = windows
  const last = windows.at(-1)
  if (first === undefined || last === undefined || first === last) throw new Error('fewer than two windows were seen')
  // Counted in periods from the first, and not from window to window: one that was missed is no error of the next.
  const ordinal = ({ begin }: Window): number => Math.round((begin - first.begin) / period)
  const phase = quantile(
    windows.map((window) => window.begin - ordinal(window) * period),
    0.5,
  )
  const place = (window: Window): number => phase + ordinal(window) * period
  return {
    period: (last.begin - first.begin) / Math.max(1, ordinal(last)),
    begin: furthest(
      windows.map((window) => window.begin - place(window)),
      0,
    ),
    end: furthest(
      windows.map((window) => window.end - place(window)),
      length,
    ),
  }
}

/** The value that is furthest from `wanted`. */
function furthest(values: readonly number[], wanted: number): number {
  return values.reduce((worst, value) => (Math.abs(value - wanted) > Math.abs(worst - wanted) ? value : worst), wanted)
}
