import type { Random } from '../../src/core/random.ts'
import type { Toxic } from '../admin.ts'

type Range = readonly [low: number, high: number]

/** The toxics that lose nothing, with the ranges of their attributes in Toxiproxy's units. */
const HARMLESS: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  latency: { latency: [0, 100], jitter: [0, 50] },
  // Down to so little that bytes pile up in front of it, never so little that the run does not end.
  bandwidth: { rate: [50, 20_000] },
  slicer: { average_size: [200, 20_000], size_variation: [0, 199], delay: [0, 500] },
  slow_close: { delay: [0, 500] },
  noop: {},
}
const TYPES = Object.keys(HARMLESS)

/** A whole number, small ones more often than large ones. */
function between(random: Random, [low, high]: Range): number {
  return Math.round(low + random.next() ** 2 * (high - low))
}

export function randomAttributes(random: Random, type: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(HARMLESS[type] ?? {}).map(([name, range]) => [name, between(random, range)]))
}

/** A toxic that delays, paces or cuts, but delivers every byte. */
export function randomToxic(random: Random, name: string): Toxic {
  const type = TYPES[Math.floor(random.next() * TYPES.length)]!
  return {
    name,
    type,
    stream: random.next() < 0.5 ? 'upstream' : 'downstream',
    toxicity: random.next(),
    attributes: randomAttributes(random, type),
  }
}
