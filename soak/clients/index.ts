import { Chance } from '../chance.ts'
import { CALM, type Mood, type Place, type Service } from '../places.ts'
import type { Tally } from '../tally.ts'
import type { Ledger } from '../watch/ledger.ts'
import type { Client, Context } from './client.ts'
import { exchanger, slowAsker } from './http.ts'
import { postgresPool } from './postgres.ts'
import { churner, dripper, idler, slowReader, steady } from './raw.ts'
import { redisClient } from './redis.ts'

interface Kind {
  readonly name: string
  readonly service: Service
  readonly client: Client
  /** Of a hundred sessions. */
  readonly share: Readonly<Record<Mood, number>>
}

export interface CrowdOptions {
  readonly seed: number
  /** About how many sessions at a time. */
  readonly size: number
  readonly places: readonly Place[]
  readonly postgres: { readonly user: string; readonly database: string } | undefined
  readonly tally: Tally
  readonly ledger: Ledger
}

/** On rough proxies: what has not come by then does not come. Faults that let nothing pass are over before. */
const PATIENCE_MS = 15_000

/** All clients of a run. */
export class Crowd {
  /** Who has not finished yet. */
  readonly present = new Set<string>()
  readonly #enough = new AbortController()
  readonly #all: Promise<unknown>

  constructor(options: CrowdOptions) {
    const { seed, size, places, tally, ledger } = options
    const runs: Promise<unknown>[] = []
    for (const { name, service, client, share } of kinds(options)) {
      for (const place of places.filter((place) => place.service === service)) {
        const count = Math.max(1, Math.round((share[place.mood] * size) / 100))
        for (let index = 0; index < count; index++) {
          const id = `${name} ${index} of ${place.name}`
          const context: Context = {
            place,
            tally,
            ledger,
            chance: new Chance(seed, 'client', id),
            seed: new Chance(seed, 'stream', id).whole(1, 1_000_000) * 1000,
            patience: place.mood === CALM ? Infinity : PATIENCE_MS,
          }
          this.present.add(id)
          const run = client(context, this.#enough.signal)
            .catch((error: unknown) => tally.violate('bytes', `${id}: ${String(error)}`))
            .finally(() => this.present.delete(id))
          runs.push(run)
        }
      }
    }
    this.#all = Promise.all(runs)
  }

  /** Asks everybody to finish in order; answers when all have. */
  async leave(): Promise<void> {
    this.#enough.abort()
    await this.#all
  }
}

function kinds({ postgres }: CrowdOptions): readonly Kind[] {
  return [
    { name: 'steady', service: 'raw', client: steady, share: { calm: 10, rough: 8 } },
    { name: 'slow reader', service: 'raw', client: slowReader, share: { calm: 3, rough: 2 } },
    { name: 'byte-a-second', service: 'raw', client: dripper, share: { calm: 3, rough: 3 } },
    { name: 'idle', service: 'raw', client: idler, share: { calm: 15, rough: 15 } },
    { name: 'churn', service: 'raw', client: churner, share: { calm: 2, rough: 2 } },
    { name: 'exchanges', service: 'http', client: exchanger, share: { calm: 8, rough: 8 } },
    { name: 'slow asker', service: 'http', client: slowAsker, share: { calm: 2, rough: 2 } },
    { name: 'redis', service: 'redis', client: redisClient, share: { calm: 2, rough: 2 } },
    ...(postgres === undefined
      ? []
      : [
          {
            name: 'postgres',
            service: 'postgres' as const,
            client: postgresPool(postgres.user, postgres.database),
            share: { calm: 1, rough: 1 },
          },
        ]),
  ]
}
