import type { Random } from '../../core/random.ts'

/** Turns one bit of each of `count` different bytes, or of all where there are no more. Answers a copy. */
export function flipBytes(body: Buffer, count: number, random: Random): Buffer {
  const copy = Buffer.from(body)
  for (const at of places(body.length, Math.min(count, body.length), random)) flip(copy, at, random)
  return copy
}

/** Floyd's way to draw `count` different numbers below `length`: as many draws, and no list of all of them. */
function places(length: number, count: number, random: Random): ReadonlySet<number> {
  const chosen = new Set<number>()
  for (let last = length - count; last < length; last++) {
    const drawn = Math.floor(random.next() * (last + 1))
    chosen.add(chosen.has(drawn) ? last : drawn)
  }
  return chosen
}

/** Turns one bit of each byte with a chance of `share`. Answers a copy, and how many were turned. */
export function flipShare(body: Buffer, share: number, random: Random): { readonly bytes: Buffer; flipped: number } {
  const bytes = Buffer.from(body)
  let flipped = 0
  // Distances are geometric: a draw for each hit, not for each byte.
  for (let at = gap(share, random); at < bytes.length; at += 1 + gap(share, random)) {
    flip(bytes, at, random)
    flipped++
  }
  return { bytes, flipped }
}

function gap(share: number, random: Random): number {
  if (share >= 1) return 0
  return Math.floor(Math.log1p(-random.next()) / Math.log1p(-share))
}

function flip(bytes: Buffer, at: number, random: Random): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.next() * 8))
}
