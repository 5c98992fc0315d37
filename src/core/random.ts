/** A source of numbers in [0, 1). The only source of chance in faults: same key, same sequence. */
export interface Random {
  next(): number
}

/**
 * Chris Doty-Humphrey's sfc32 (PractRand), seeded with a 128-bit hash of the key.
 *
 * Ours rather than a library's because recorded seeds must replay for ever: a dependency that changes its sequence in a new
 * version would silently change every decision.
 */
class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(a: number, b: number, c: number, counter: number) {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#counter = counter
    // sfc32 wants a few rounds before its state depends on every bit of the seed.
    for (let round = 0; round < 12; round++) this.next()
  }

  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4294967296
  }
}

/** FNV-1a over UTF-16 code units with an avalanche at the end (Murmur3's finaliser), one lane per starting value. */
function hash(text: string, start: number): number {
  let h = start | 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * The generator of one place: `randomFor(seed, proxy, ordinal, direction, fault)`.
 *
 * One generator per place, so that adding a connection or a fault does not shift the draws of the others.
 */
export function randomFor(seed: number, ...place: readonly (string | number)[]): Random {
  // Lengths in front keep ('ab', 'c') and ('a', 'bc') apart.
  const key = [seed, ...place].map((part) => `${String(part).length}:${part}`).join('|')
  return new Sfc32(hash(key, 0x811c9dc5), hash(key, 0x2f0b4c47), hash(key, 0x9e3779b9), hash(key, 0x51ed270b))
}
