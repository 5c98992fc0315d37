import { setTimeout } from 'node:timers/promises'
import type { FuzzTarget } from '../../../fuzz/target.ts'

/** Targets whose mistakes are known. */

/** It can be got into one byte at a time by whoever sees which code was run. */
const WORD = Buffer.from('deep!')

function deep(input: Buffer): void {
  if (input[0] !== WORD[0]) return
  if (input[1] !== WORD[1]) return
  if (input[2] !== WORD[2]) return
  if (input[3] !== WORD[3]) return
  if (input[4] !== WORD[4]) return
  throw new RangeError('the bottom is reached')
}

const all: RegExp[] = []

const RUNS: Readonly<Record<string, (input: Buffer) => void | Promise<void>>> = {
  deep,
  harmless: (input) => void input.toString(),
  endless(input) {
    if (input.includes('x')) for (;;) all.length = 0
  },
  waiting: (input) => (input.includes('x') ? new Promise<void>(() => undefined) : undefined),
  idle: async (input) => {
    if (input.includes('x')) await setTimeout(3_600_000)
  },
  hungry(input) {
    if (input.includes('x')) for (;;) all.push(new RegExp(`a{${all.length}}`))
  },
  later(input) {
    if (input.includes('x')) void Promise.reject(new RangeError('where nobody looks'))
  },
}

export function toy(name: string): FuzzTarget {
  const run = RUNS[name]
  if (run === undefined) throw new RangeError(`no such toy: ${name}`)
  return {
    name,
    about: '',
    code: ['test/unit/fuzz/toys.ts'],
    tokens: name === 'deep' ? [] : ['x'],
    longest: 64,
    batch: 128,
    open: () => ({ run }),
  }
}
