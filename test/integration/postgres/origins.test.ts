import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import type { ProxyHandle } from '../../support/foulweather.ts'
import { postgresProgram } from '../../support/postgres.ts'
import { poolTo, roundTrip } from './pool.ts'
import { usePostgres } from './rig.ts'

describe.skipIf(postgresProgram.missing)(`the origin of an ending${postgresProgram.note}`, () => {
  const rig = usePostgres()

  async function connect(proxy: ProxyHandle): Promise<Client> {
    const { user, database } = rig.postgres
    const client = new Client({ host: proxy.host, port: proxy.port, user, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  it('is the client when the client goes', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    const client = await connect(proxy)
    // Not `end()`: its farewell makes the server close too, and then either may be the first.
    client.connection.stream.destroy()
    expect(await proxy.endings(1)).toEqual([expect.objectContaining({ origin: 'client' })])
  })

  it('is the upstream when the server ends the session', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using direct = poolTo(rig.postgres, rig.postgres)
    const client = await connect(proxy)
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await direct.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
    expect(await proxy.endings(1)).toEqual([expect.objectContaining({ origin: 'upstream' })])
  })

  it.each([
    { type: 'limit_data', attributes: { bytes: 50 } },
    { type: 'reset_peer', attributes: { timeout: 0 } },
    { type: 'timeout', attributes: { timeout: 100 } },
  ])('is injected, and names the fault, when $type ends the session', async ({ type, attributes }) => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    const client = await connect(proxy)
    await proxy.addToxic({ name: `storm-${type}`, type, stream: 'downstream', attributes })
    await expect(roundTrip(client, 1)).rejects.toThrow(/terminated|ECONNRESET/)
    expect(await proxy.endings(1)).toEqual([expect.objectContaining({ origin: 'injected', reason: `storm-${type}` })])
  })

  it('is the proxy when an operator disables it', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await connect(proxy)
    await proxy.disable()
    expect(await proxy.endings(1)).toEqual([expect.objectContaining({ origin: 'proxy' })])
  })
})
