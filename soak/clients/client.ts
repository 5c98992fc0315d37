import type { Chance } from '../chance.ts'
import type { Place } from '../places.ts'
import type { Tally } from '../tally.ts'
import type { Ledger } from '../watch/ledger.ts'

/** What every client works with. */
export interface Context {
  readonly place: Place
  readonly tally: Tally
  readonly ledger: Ledger
  readonly chance: Chance
  /** Its own, for the streams that it sends. */
  readonly seed: number
  /** How long it waits for anything before it gives up, milliseconds: for ever on calm proxies, where everything comes. */
  readonly patience: number
}

/** Uses a proxy until it is told that it is enough; ends what it has begun, in order, and answers. */
export type Client = (context: Context, enough: AbortSignal) => Promise<void>
