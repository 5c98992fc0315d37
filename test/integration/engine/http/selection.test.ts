import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../../src/core/plan.ts'
import { createReplay } from '../../../../src/engine/replay.ts'
import { get, httpFault, HttpRig, ok, type HttpFaultOptions, type HttpRigOptions } from '../../../support/http-rig.ts'
import type { Peer } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

function error(options: HttpFaultOptions = {}): FaultPlan {
  return httpFault('http_error', { status: 503, body: 'x' }, options)
}

/** Answers every GET. */
async function start(options: HttpRigOptions): Promise<HttpRig> {
  const rig = await HttpRig.start(options)
  void (async () => {
    for (let index = 0; ; index++) {
      const peer = await rig.upstream.peer(index)
      peer.socket.on('data', (bytes: Buffer) => {
        for (const _ of bytes.toString('latin1').matchAll(/\r\n\r\n/g)) peer.write(ok())
      })
      if (peer.text !== '') peer.write(ok().repeat(peer.text.split('\r\n\r\n').length - 1))
    }
  })().catch(() => undefined)
  return rig
}

/** One exchange after the other on one connection; answers their statuses. */
async function statuses(rig: HttpRig, requests: readonly string[], client?: Peer): Promise<readonly number[]> {
  const peer = client ?? (await rig.client())
  const before = rig.log.length
  for (const [index, text] of requests.entries()) {
    peer.write(text)
    await eventually('it is over', () => rig.log.length === before + index + 1)
  }
  return rig
    .exchanges()
    .slice(before)
    .map(({ status }) => status ?? 0)
}

function times(count: number, path = '/'): readonly string[] {
  return Array.from({ length: count }, () => get(path))
}

describe('which exchanges', () => {
  test.each<[string, HttpFaultOptions, readonly number[]]>([
    ['the first two', { count: { first: 2 } }, [503, 503, 200, 200, 200]],
    ['every second', { count: { every: 2 } }, [200, 503, 200, 503, 200]],
    ['all but one, two at most', { count: { skip: 1, max: 2 } }, [200, 503, 503, 200, 200]],
    ['as often as the limit allows', { limits: { maxInjections: 3 } }, [503, 503, 503, 200, 200]],
    ['none', { probability: 0 }, [200, 200, 200, 200, 200]],
    ['by status, when the response has come', { match: { status: [[200, 299]] } }, [503, 503, 503, 503, 503]],
    ['by another status', { match: { status: [[400, 499]] } }, [200, 200, 200, 200, 200]],
    ['not those that are excluded', { exclude: { path: ['/'] } }, [200, 200, 200, 200, 200]],
    ['by session', { per: 'session', match: { session: { first: 0 } } }, [200, 200, 200, 200, 200]],
  ])('%s', async (_which, options, expected) => {
    await using rig = await start({ faults: [error(options)] })
    expect(await statuses(rig, times(5))).toEqual(expected)
    const counts = rig.rig.plane.snapshot().proxies[0]?.faults
    expect(JSON.stringify(counts)).toContain(`"applied":${expected.filter((status) => status === 503).length}`)
  })

  test('max_active: one at a time', async () => {
    const fault = httpFault('http_stall', { phase: 'request' }, { limits: { maxActive: 1 } })
    await using rig = await start({ faults: [fault] })
    const waiting = await rig.client()
    waiting.write(get('/waits'))
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    expect(await statuses(rig, times(1))).toEqual([200])
    expect(rig.decisions).toContain('http_stall 2.1 max_active')
    waiting.reset()
    await eventually('its session is over', () => rig.proxy.sessions().length === 1)
    const next = await rig.client()
    next.write(get())
    await eventually('it waits', () => rig.decisions.includes('http_stall 3.1 yes'))
  })

  test('sticky_by: the same key always draws the same, whatever the connection', async () => {
    const fault = error({ probability: 0.5, stickyBy: { kind: 'header', name: 'x-user' } })
    await using rig = await start({ faults: [fault] })
    const users = Array.from({ length: 12 }, (_, index) => get('/', `X-User: ${index}`))
    const first = await statuses(rig, users)
    expect(new Set(first)).toEqual(new Set([200, 503]))
    expect(await statuses(rig, users)).toEqual(first)
  })

  test('outcomes are drawn by weight, with one that does nothing', async () => {
    const params = { status: 500, headers: {}, forward: 'never' }
    const outcomes = [
      { weight: 1, params: { ...error().params, ...params } },
      { weight: 1, params: undefined },
    ]
    await using rig = await start({ faults: [error({ outcomes })] })
    const all = await statuses(rig, times(40))
    expect(new Set(all)).toEqual(new Set([200, 500]))
    expect(all.filter((status) => status === 500).length).toBeGreaterThan(8)
    expect(rig.rig.plane.snapshot().proxies[0]?.http?.inFlight).toBe(0)
  })

  test('decisions are on record, the same with the same seed, and can be followed', async () => {
    const options = { seed: 7, faults: [error({ probability: 0.5 })] }
    const run = async (more: HttpRigOptions) => {
      await using rig = await start({ ...options, ...more })
      const found = [...(await statuses(rig, times(10))), ...(await statuses(rig, times(10)))]
      return { found, decisions: rig.decisions, raw: rig.rig.plane.decisions() }
    }
    const first = await run({})
    expect(new Set(first.found)).toEqual(new Set([200, 503]))
    expect(first.decisions.filter((line) => /\.\d+ (yes|draw)$/.test(line))).toHaveLength(20)
    const second = await run({})
    expect(second.found).toEqual(first.found)
    expect(second.decisions).toEqual(first.decisions)
    const other = await run({ seed: 8 })
    expect(other.found).not.toEqual(first.found)
    const replay = createReplay(first.raw)
    const replayed = await run({ seed: 8, replay, faults: [error({ probability: 0.01 })] })
    expect(replayed.found).toEqual(first.found)
  })
})
