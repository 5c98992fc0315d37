import autocannon from 'autocannon'
import { describe, expect, it } from 'vitest'
import { HttpRig } from '../../support/http-clients.ts'
import { textOf } from '../../support/http-clients-origin.ts'
import { run, wrkProgram } from '../../support/http-clients-programs.ts'

const AMOUNT = 2000
const CONNECTIONS = 10

describe('autocannon', () => {
  it.for([1, 10])('gets every answer, and the right one (pipelining %i)', async (pipelining) => {
    await using rig = await HttpRig.start()
    const direct = await cannonade(rig.origin.url, pipelining, textOf(300))
    const asked = rig.origin.seen.splice(0).length
    const proxied = await cannonade(rig.proxy.url, pipelining, textOf(300))
    expect(proxied).toEqual(direct)
    expect(proxied).toMatchObject({ errors: 0, timeouts: 0, mismatches: 0, resets: 0, non2xx: 0 })
    // With pipelining it does not wait for the answers to the last requests of a connection, and does not count these.
    const most = CONNECTIONS * (pipelining - 1)
    expect(AMOUNT - proxied.good).toBe(most)
    expect(rig.origin.seen.length).toBeGreaterThanOrEqual(proxied.good)
    expect(rig.origin.seen.length).toBeLessThanOrEqual(asked)
    expect(rig.origin.connections).toBe(CONNECTIONS)
    expect(await metric(rig, 'foulweather_http_requests_total')).toBeGreaterThanOrEqual(proxied.good)
  })

  it.for([1, 10])('counts as many errors as were injected (pipelining %i)', async (pipelining) => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_error', name: 'fourth', status: 503, count: { every: 4 } })
    const { errors, non2xx, good } = await cannonade(rig.proxy.url, pipelining)
    // None without pipelining: these are exact then.
    const uncounted = CONNECTIONS * (pipelining - 1)
    expect({ errors, all: non2xx + good }).toEqual({ errors: 0, all: AMOUNT - uncounted })
    const { seen, selected } = await rig.proxy.counts('fourth')
    expect(selected).toBe(Math.floor(seen / 4))
    expect(selected - non2xx).toBeGreaterThanOrEqual(0)
    expect(selected - non2xx).toBeLessThanOrEqual(uncounted)
    // Nor does it wait for what is under way when it leaves.
    expect(rig.origin.seen.length).toBeLessThanOrEqual(seen - selected)
    expect(rig.origin.seen.length).toBeGreaterThanOrEqual(good)
  })
})

describe.skipIf(wrkProgram.missing)(`wrk${wrkProgram.note}`, () => {
  it('gets every answer', async () => {
    await using rig = await HttpRig.start()
    const text = await wrk(`${rig.proxy.url}/bytes/300`)
    expect(text).not.toMatch(/Socket errors|Non-2xx/)
    // What was under way when the time was over is not in its count.
    const counted = requestsIn(text)
    expect(counted).toBeGreaterThan(0)
    expect(rig.origin.seen.length - counted).toBeLessThanOrEqual(CONNECTIONS)
    expect(rig.origin.seen.length).toBeGreaterThanOrEqual(counted)
  })

  it('counts as many errors as were injected', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_error', name: 'second', status: 500, count: { every: 2 } })
    const text = await wrk(`${rig.proxy.url}/bytes/300`)
    expect(text).not.toMatch(/Socket errors/)
    const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1])
    const { selected, seen } = await rig.proxy.counts('second')
    expect(selected - bad).toBeGreaterThanOrEqual(0)
    expect(selected - bad).toBeLessThanOrEqual(CONNECTIONS)
    expect(seen - requestsIn(text)).toBeLessThanOrEqual(CONNECTIONS)
    expect(seen - selected - rig.origin.seen.length).toBeGreaterThanOrEqual(0)
    expect(seen - selected - rig.origin.seen.length).toBeLessThanOrEqual(CONNECTIONS)
  })
})

async function cannonade(base: string, pipelining: number, expectBody?: string) {
  const url = `${base}/gzip/300`
  const wanted = expectBody === undefined ? {} : { expectBody }
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    pipelining,
    amount: AMOUNT,
    timeout: 20,
    ...wanted,
  })
  const { errors, timeouts, mismatches, resets, non2xx, '2xx': good } = result
  return { errors, timeouts, mismatches, resets, non2xx, good }
}

async function wrk(url: string): Promise<string> {
  const { code, stdout, stderr } = await run(wrkProgram, ['-t1', `-c${CONNECTIONS}`, '-d1s', url])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.toString()
}

function requestsIn(text: string): number {
  return Number(/(\d+) requests in/.exec(text)?.[1])
}

/** The sum of a metric over its labels. */
async function metric({ foulweather }: HttpRig, name: string): Promise<number> {
  const text = await (await fetch(`${foulweather.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
