import * as fc from 'fast-check'
import type { FaultChain } from './fault-chain.ts'

/** What one side sends: chunks with pauses between them, and then how it ends. */
export interface Traffic {
  readonly chunks: readonly { readonly pause: number; readonly size: number }[]
  readonly ending: 'end' | 'reset' | 'none'
}

export const arbitraryTraffic: fc.Arbitrary<Traffic> = fc.record({
  chunks: fc.array(
    fc.record({ pause: fc.oneof(fc.constant(0), fc.nat(150)), size: fc.integer({ min: 1, max: 700 }) }),
    {
      maxLength: 12,
    },
  ),
  ending: fc.constantFrom('end', 'end', 'reset', 'none'),
})

/** Later than any fault with values from `arbitraryParams` can put off what it does not hold for ever. */
export const LONG_AFTER = 1e9

/** Sends it all, then waits long enough. Answers when each byte of the input came in. */
export function play(chain: FaultChain, { chunks, ending }: Traffic): number[] {
  const arrivals: number[] = []
  for (const { pause, size } of chunks) {
    chain.advanceTo(chain.clock.now() + pause)
    if (chain.over) break
    chain.send(size)
    for (let i = 0; i < size; i++) arrivals.push(chain.clock.now())
  }
  if (ending === 'end') chain.end()
  if (ending === 'reset') chain.abort('reset')
  chain.advanceTo(LONG_AFTER)
  return arrivals
}
