export const WAVE_SHAPES = ['sine', 'square', 'saw', 'triangle'] as const

export type WaveShape = (typeof WAVE_SHAPES)[number]

export interface WaveParams {
  readonly shape: WaveShape
  /** Milliseconds; the wave goes as far both ways. */
  readonly amplitude: number
  /** Milliseconds, above 0. */
  readonly period: number
}

/**
 * What a wave adds `time` milliseconds after its beginning (before it, too: the wave has always been there). At the beginning and after each
 * quarter of the period, in amplitudes:
 *
 *     sine      0   1   0  −1
 *     square    1   1  −1  −1
 *     saw      −1  −½   0   ½    (falls back to −1 with the next period)
 *     triangle  0   1   0  −1    (straight lines between)
 */
export function waveAt({ shape, amplitude, period }: WaveParams, time: number): number {
  const turns = time / period
  // What waits behind a cut pipe comes at Infinity, where a wave is nowhere.
  if (!Number.isFinite(turns)) return 0
  return amplitude * UNIT_WAVES[shape](turns - Math.floor(turns))
}

/** By phase: 0 ≤ phase < 1. */
const UNIT_WAVES: Readonly<Record<WaveShape, (phase: number) => number>> = {
  sine: (phase) => Math.sin(2 * Math.PI * phase),
  square: (phase) => (phase < 0.5 ? 1 : -1),
  saw: (phase) => 2 * phase - 1,
  triangle: (phase) => 1 - Math.abs(((4 * phase + 1) % 4) - 2),
}
