import { describe, expect, it } from 'vitest'
import { HttpRig } from '../../support/http-clients.ts'
import { Origin } from '../../support/http-clients-origin.ts'
import { ASSETS, openPage, servePage } from '../../support/http-clients-page.ts'
import { chromiumProgram } from '../../support/http-clients-programs.ts'

const EVERYTHING = 1 + Object.values<number>(ASSETS).reduce((sum, count) => sum + count)

describe.skipIf(chromiumProgram.missing)(`a page of 60 assets in Chromium${chromiumProgram.note}`, () => {
  it('is loaded whole, every byte of it', { timeout: 90_000 }, async () => {
    await using rig = await HttpRig.start({}, await Origin.start(servePage))
    expect(await openPage(`${rig.proxy.url}/`)).toEqual({ loaded: ASSETS, failed: {}, wrong: 0 })
    expect(new Set(rig.origin.seen.map(({ url }) => url)).size).toBe(EVERYTHING)
    const exchanges = await rig.proxy.exchanges(EVERYTHING)
    expect(exchanges.filter(({ origin, status }) => origin !== 'upstream' || status !== 200)).toEqual([])
    // Connections are used again.
    expect(new Set(exchanges.map(({ session }) => session)).size).toBeLessThan(EVERYTHING / 2)
  })

  it('says which of its images failed', { timeout: 90_000 }, async () => {
    await using rig = await HttpRig.start({}, await Origin.start(servePage))
    const match = { path: '/img/*' }
    await rig.proxy.add({ type: 'http_error', name: 'third', status: 503, match, count: { every: 3 } })
    expect(await openPage(`${rig.proxy.url}/`)).toEqual({
      loaded: { ...ASSETS, img: 20 },
      failed: { img: 10 },
      wrong: 0,
    })
    expect(await rig.proxy.counts('third')).toMatchObject({ seen: EVERYTHING, selected: 10 })
    const injected = (await rig.proxy.exchanges(EVERYTHING)).filter(({ origin }) => origin === 'injected')
    expect(injected.map(({ status, faults }) => `${status} ${faults.join()}`)).toEqual(
      Array.from({ length: 10 }, () => '503 third'),
    )
  })

  it('refuses scripts that are not what they should be', { timeout: 90_000 }, async () => {
    await using rig = await HttpRig.start({}, await Origin.start(servePage))
    const match = { path: ['/js/3', '/js/5', '/js/6'] }
    await rig.proxy.add({ type: 'corrupt', name: 'flips', part: 'body', spacing: '64B', match })
    const { loaded, failed, wrong } = await openPage(`${rig.proxy.url}/`)
    expect({ loaded, failed, wrong }).toEqual({ loaded: { ...ASSETS, js: 13 }, failed: { js: 3 }, wrong: 0 })
  })

  it('is loaded whole through everything that only takes time', { timeout: 90_000 }, async () => {
    await using rig = await HttpRig.start({}, await Origin.start(servePage))
    await rig.proxy.add({ type: 'http_latency', name: 'late', latency: 30, jitter: 20 })
    await rig.proxy.add({ type: 'http_bandwidth', name: 'thin', rate: '10MB/s', scope: 'proxy' })
    await rig.proxy.add({ type: 'slicer', name: 'pieces', average_size: 900 })
    expect(await openPage(`${rig.proxy.url}/`)).toEqual({ loaded: ASSETS, failed: {}, wrong: 0 })
    expect(await rig.proxy.counts('late')).toMatchObject({ seen: EVERYTHING, selected: EVERYTHING, active: 0 })
  })
})
