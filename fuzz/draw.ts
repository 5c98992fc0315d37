import type { Random } from '../src/core/random.ts'
import type { Draw } from './target.ts'

export function drawFrom(random: Random): Draw {
  const below = (limit: number): number => Math.floor(random.next() * limit)
  return {
    below,
    chance: (share) => random.next() < share,
    pick(from) {
      const at = below(from.length)
      for (const picked of from.slice(at, at + 1)) return picked
      throw new RangeError('nothing to pick from')
    },
  }
}
