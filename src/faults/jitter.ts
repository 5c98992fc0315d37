import type { Random } from '../core/random.ts'

/** `length` ± `jitter`, uniformly, and never below 0. Draws one number, or none where there is no jitter. */
export function jittered(length: number, jitter: number, random: Random): number {
  return jitter === 0 ? length : Math.max(0, length + (random.next() * 2 - 1) * jitter)
}
