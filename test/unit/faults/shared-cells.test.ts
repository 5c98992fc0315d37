import { describe, expect, test } from 'vitest'
import { plainCells } from '../../../src/core/cells.ts'
import { RateWindows, WINDOWS_CELLS } from '../../../src/faults/http/rate-windows.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { Servers, SERVERS_CELLS } from '../../../src/faults/servers.ts'
import { Lane, PIPE_CELLS, SharedPipe } from '../../../src/faults/shared-pipe.ts'
import { ManualRandom } from '../../support/manual-random.ts'
import { PATH_CELLS, StallPath } from '../../../src/faults/stall-path.ts'

/** Cells as they are once a thread has died while it had hold of them. */
function cellsThatBeginAnew(count: number) {
  const cells = plainCells(count)
  return { cells, beginAnew: () => cells.exclusively((values) => void values.fill(0)) }
}

test('faults that share over threads say how much they need', () => {
  const needed = FAULTS.filter(({ cells = 0 }) => cells > 0).map(({ type, cells }) => [type, cells])
  expect(Object.fromEntries(needed)).toEqual({
    bandwidth: 2 * PIPE_CELLS,
    http_bandwidth: 2 * PIPE_CELLS,
    stall: PATH_CELLS,
    overload: SERVERS_CELLS,
    http_latency: 2,
    http_rate_limit: WINDOWS_CELLS,
  })
})

describe('more than there is room for', () => {
  test('on a pipe keeps the rate, and leaves it free for a new one', () => {
    const pipe = new SharedPipe()
    pipe.open(1000, 0, 0)
    const lanes = Array.from({ length: 9000 }, () => new Lane(pipe))
    for (const lane of lanes) lane.take(1, 0, 1)
    expect(lanes.map(({ freeAt }) => freeAt)).toEqual(lanes.map((_, index) => index + 1))
    // All ask again at the new rate, those whose places were forgotten too.
    for (const lane of lanes) {
      lane.takeBack(1)
      pipe.open(100_000, 0, 0)
      lane.take(1, 0, 0.01)
    }
    const ends = lanes.map(({ freeAt }) => freeAt).toSorted((a, b) => a - b)
    expect(ends.every((end, index) => end >= (index + 1) * 0.01 - 1e-6)).toBe(true)
    expect(ends.at(-1)).toBeLessThan(180)
  })

  test('at servers keeps their order and capacity', () => {
    const servers = new Servers()
    servers.resize(2, 0)
    // Delays in front: they come one after the other, and nobody waits.
    const services = Array.from({ length: 40_000 }, (_, job) => servers.serve(job, 2, 1))
    expect(services.map((service) => service?.start)).toEqual(services.map((_, job) => job))
    const [first] = services
    const last = services.at(-1)
    expect(first?.server.remove(first)).toBe(false)
    expect(last?.server.remove(last)).toBe(true)
    expect(servers.serve(39_999, 2, 1)?.start).toBe(39_999)
  })
})

describe('cells that begin anew under those who are at work', () => {
  test('are a pipe without anything that waits', () => {
    const { cells, beginAnew } = cellsThatBeginAnew(PIPE_CELLS)
    const pipe = new SharedPipe(cells)
    pipe.open(1000, 0, 0)
    const [a, b] = [new Lane(pipe), new Lane(pipe)]
    a.take(100, 0, 100)
    beginAnew()
    b.take(10, 50, 10)
    expect(b.freeAt).toBe(60)
    a.takeBack(100)
    a.take(100, 50, 100)
    expect(a.freeAt).toBe(160)
    pipe.open(2000, 0, 70)
    b.take(10, 70, 5)
    // What is under way goes on at the new rate, from its beginning.
    expect(b.freeAt).toBe(115)
  })

  test('are as many servers as before, with nobody in front of them', () => {
    const { cells, beginAnew } = cellsThatBeginAnew(SERVERS_CELLS)
    const servers = new Servers(cells)
    servers.resize(2, 0)
    const before = servers.serve(0, 100, 5)
    beginAnew()
    expect([10, 10, 10].map((at) => servers.serve(at, 100, 5)?.start)).toEqual([10, 10, 110])
    expect(before?.server.remove(before)).toBe(false)
  })

  test('are budgets that nobody has used', () => {
    const { cells, beginAnew } = cellsThatBeginAnew(WINDOWS_CELLS)
    const windows = new RateWindows(cells)
    for (const key of ['a', 'b', 'a']) windows.take(key, 0, 1000)
    beginAnew()
    expect(['a', 'b', 'b'].map((key) => windows.take(key, 1, 1000).nth)).toEqual([1, 1, 2])
    expect(windows.size).toBe(2)
  })

  test('leave stalls as they are for those who know them', () => {
    const { cells, beginAnew } = cellsThatBeginAnew(PATH_CELLS)
    const path = new StallPath(cells, new ManualRandom(0.25))
    path.begin(7)
    beginAnew()
    path.begin(9)
    expect([path.start, path.luck]).toEqual([7, 0.25])
  })
})
