import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { postgresProgram } from '../../support/postgres.ts'
import { eventually } from '../../support/wait.ts'
import { poolTo, roundTrip, timed } from './pool.ts'
import { usePostgres } from './rig.ts'

describe.skipIf(postgresProgram.missing)(`a Postgres pool${postgresProgram.note}`, () => {
  const rig = usePostgres()

  it('is refused while the proxy is disabled and works again when it is enabled', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres)
    expect(await Promise.all([1, 2, 3, 4].map((n) => roundTrip(pool, n)))).toEqual([1, 2, 3, 4])

    await proxy.disable()
    await eventually('the pool has lost its connections', () => pool.totalCount === 0)
    await expect(roundTrip(pool, 5)).rejects.toMatchObject({ code: 'ECONNREFUSED' })

    await proxy.enable()
    expect(await Promise.all([6, 7, 8, 9].map((n) => roundTrip(pool, n)))).toEqual([6, 7, 8, 9])
  })

  it('never gets a wrong answer while the proxy is toggled under load', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres)
    const over = new AbortController()
    let wrong = 0
    const unexpected: unknown[] = []
    const answered = [0, 0, 0, 0]
    const workers = answered.map(async (_, worker) => {
      for (let n = worker; !over.signal.aborted; n += answered.length) {
        try {
          if ((await roundTrip(pool, n)) === n) answered[worker]!++
          else wrong++
        } catch (error) {
          if (!/ECONNREFUSED|ECONNRESET|EPIPE|terminated|timeout/.test(String(error))) unexpected.push(error)
          await sleep(5)
        }
      }
    })
    for (let round = 0; round < 5; round++) {
      const before = answered.slice()
      await proxy.enable()
      await expect.poll(() => answered.every((count, i) => count > before[i]!), { timeout: 15_000 }).toBe(true)
      await proxy.disable()
    }
    over.abort()
    await Promise.all(workers)
    expect({ wrong, unexpected }).toEqual({ wrong: 0, unexpected: [] })
  })

  it('waits at least as long as the latency of both directions together', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres, { max: 1 })
    await roundTrip(pool, 0)

    await proxy.addToxic({ name: 'there', type: 'latency', stream: 'upstream', attributes: { latency: 300 } })
    await proxy.addToxic({ name: 'back', type: 'latency', stream: 'downstream', attributes: { latency: 500 } })
    // The pool's one connection is older than the toxics: they act on it all the same.
    expect(await timed(() => roundTrip(pool, 1))).toBeGreaterThanOrEqual(798)

    await proxy.updateToxic('there', { attributes: { latency: 1000 } })
    expect(await timed(() => roundTrip(pool, 2))).toBeGreaterThanOrEqual(1498)

    await proxy.removeToxic('there')
    await proxy.removeToxic('back')
    expect(await timed(() => roundTrip(pool, 3))).toBeLessThan(750)
  })

  it('meets its query time-out when answers are swallowed, and heals when they are not', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres, { query_timeout: 300 })
    await roundTrip(pool, 0)

    await proxy.addToxic({ name: 'silence', type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } })
    await expect(roundTrip(pool, 1)).rejects.toThrow('Query read timeout')

    await proxy.removeToxic('silence')
    expect(await roundTrip(pool, 2)).toBe(2)
  })

  it('meets its connection time-out when the handshake is swallowed, and heals when it is not', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres, { connectionTimeoutMillis: 300 })

    await proxy.addToxic({ name: 'silence', type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } })
    await expect(roundTrip(pool, 1)).rejects.toThrow(/timeout/)

    await proxy.removeToxic('silence')
    expect(await roundTrip(pool, 2)).toBe(2)
  })

  it('reads ECONNRESET on connections opened before and after reset_peer came', async () => {
    const proxy = await rig.foulweather.proxyTo(rig.postgres)
    await using pool = poolTo(proxy, rig.postgres, { max: 1 })
    await roundTrip(pool, 0)

    await proxy.addToxic({ name: 'reset', type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } })
    await expect(roundTrip(pool, 1)).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(roundTrip(pool, 2)).rejects.toMatchObject({ code: 'ECONNRESET' })

    await proxy.removeToxic('reset')
    expect(await roundTrip(pool, 3)).toBe(3)
  })
})
