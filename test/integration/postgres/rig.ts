import { afterAll, beforeAll } from 'vitest'
import { Foulweather } from '../../support/foulweather.ts'
import { startPostgres } from '../../support/postgres.ts'
import type { Postgres } from '../../support/postgres.ts'

export interface PostgresRig {
  readonly postgres: Postgres
  readonly foulweather: Foulweather
}

/** A Postgres and a Foulweather for the tests of the surrounding `describe`; there from the first test on. */
export function usePostgres(): PostgresRig {
  const rig: { postgres?: Postgres; foulweather?: Foulweather } = {}
  beforeAll(async () => {
    rig.postgres = await startPostgres()
    rig.foulweather = await Foulweather.start()
  })
  afterAll(async () => {
    await rig.foulweather?.[Symbol.asyncDispose]()
    await rig.postgres?.[Symbol.asyncDispose]()
  })
  return rig as PostgresRig
}
