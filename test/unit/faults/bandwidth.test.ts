import { describe, expect, test } from 'vitest'
import { parseParams } from '../../../src/faults/index.ts'
import { FaultChain, SharedObjects, type TestFault } from '../../support/fault-chain.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const bandwidth = (rate: number | string) => ({ type: 'bandwidth', params: { rate } })
const withBurst = (rate: number, burst: number | string) => ({ type: 'bandwidth', params: { rate, burst } })
const shared = (rate: number, burst = 0) => ({ type: 'bandwidth', params: { rate, burst, scope: 'proxy' } })
const KB = 1000

function twoSessions(fault: TestFault): [FaultChain, FaultChain] {
  const meeting = { clock: new ManualClock(), shared: new SharedObjects() }
  return [new FaultChain([fault], meeting), new FaultChain([fault], meeting)]
}

test('the wait comes before the bytes', () => {
  const chain = new FaultChain([bandwidth(1 * KB)])
  chain.send(10)
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['10 bytes @ 10'])
})

test('250 bytes at 1 KB/s come as 100, 100 and 50', () => {
  const chain = new FaultChain([bandwidth(1 * KB)])
  chain.send(250)
  chain.end()
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '50 bytes @ 250', 'end @ 250'])
  expect(chain.applied('bandwidth')).toBe(1)
})

test('5000 bytes at 10 KB/s flow in small pieces and take 500 ms', () => {
  const chain = new FaultChain([bandwidth(10 * KB)])
  chain.send(5000)
  for (const at of [100, 200, 300, 400, 500]) {
    chain.advanceTo(at)
    expect(chain.output.length).toBeGreaterThan(at * 10 - 256)
    expect(chain.output.length).toBeLessThanOrEqual(at * 10)
  }
  chain.advanceTo(500.001)
  expect(chain.lines[0]).toBe('256 bytes @ 25.6')
  expect(chain.output.equals(chain.input)).toBe(true)
})

test('480 000 bytes at 1000 KB/s take 480 ms, in pieces of about 10 ms', () => {
  const chain = new FaultChain([bandwidth(1000 * KB)])
  for (let sent = 0; sent < 480_000; sent += 32_000) chain.send(32_000)
  chain.advanceTo(479)
  expect(chain.output.length).toBeLessThan(480_000)
  chain.advanceTo(480.001)
  expect(chain.output.equals(chain.input)).toBe(true)
  expect(chain.lines[0]).toBe('10000 bytes @ 10')
})

test('an idle pipe saves nothing up', () => {
  const chain = new FaultChain([bandwidth(1 * KB)])
  chain.advanceTo(10_000)
  chain.send(200)
  chain.advanceTo(20_000)
  expect(chain.lines).toEqual(['100 bytes @ 10100', '100 bytes @ 10200'])
})

test('chunks wait for those before them', () => {
  const chain = new FaultChain([bandwidth(1 * KB)])
  chain.send(50)
  chain.advanceTo(20)
  chain.send(50)
  chain.advanceTo(300)
  chain.send(50)
  chain.advanceTo(1000)
  expect(chain.lines).toEqual(['50 bytes @ 50', '50 bytes @ 100', '50 bytes @ 350'])
})

test('more input is welcome shortly before the pipe runs dry', () => {
  const chain = new FaultChain([bandwidth(1 * KB)])
  chain.send(500)
  expect(chain.welcomeAt).toBe(480)
})

test('a piece is never less than a byte, and never more than 100 ms below 256 bytes', () => {
  const slowest = new FaultChain([bandwidth(2)])
  slowest.send(2)
  slowest.advanceTo(5000)
  expect(slowest.lines.map((line) => line.split('@')[1])).toEqual([' 500', ' 1000'])

  const slow = new FaultChain([bandwidth(100)])
  slow.send(25)
  slow.advanceTo(5000)
  expect(slow.lines).toEqual(['10 bytes @ 100', '10 bytes @ 200', '5 bytes @ 250'])
})

describe('with rate 0', () => {
  test('nothing passes, the connection stays open, and no more input is welcome', () => {
    const chain = new FaultChain([bandwidth(0)])
    chain.send(100)
    chain.end()
    chain.advanceTo(1e9)
    expect(chain.lines).toEqual([])
    expect(chain.welcomeAt).toBe(Infinity)
    expect(chain.held.equals(chain.input)).toBe(true)
  })

  test('an end with nothing held in front of it passes', () => {
    const chain = new FaultChain([bandwidth(0)])
    chain.end()
    expect(chain.lines).toEqual(['end @ 0'])
  })

  test('removing it delivers what is held, then the rest', () => {
    const chain = new FaultChain([bandwidth(0)])
    chain.send('held')
    chain.advanceTo(100)
    chain.set()
    chain.send('rest')
    chain.end()
    expect(chain.lines).toEqual(['"held" @ 100', '"rest" @ 100', 'end @ 100'])
  })

  test('going to a rate paces what is held from then on: no burst', () => {
    const chain = new FaultChain([bandwidth(0)])
    chain.send(250)
    chain.advanceTo(5000)
    chain.set(bandwidth(1 * KB))
    chain.advanceTo(9000)
    expect(chain.lines).toEqual(['100 bytes @ 5100', '100 bytes @ 5200', '50 bytes @ 5250'])
  })

  test('going to 0 holds what was under way', () => {
    const chain = new FaultChain([bandwidth(1 * KB)])
    chain.send(250)
    chain.advanceTo(150)
    chain.set(bandwidth(0))
    chain.advanceTo(1e6)
    expect(chain.lines).toEqual(['100 bytes @ 100'])
    expect(chain.held.length).toBe(150)
    chain.set()
    expect(chain.output.equals(chain.input)).toBe(true)
  })

  test('a change of another fault does not loosen what is held', () => {
    const cut = bandwidth(0)
    const chain = new FaultChain([cut, { type: 'latency', params: { latency: 10 } }])
    chain.send(100)
    chain.advanceTo(50)
    chain.set(cut)
    chain.advanceTo(1e6)
    expect(chain.lines).toEqual([])
    chain.set()
    expect(chain.output.equals(chain.input)).toBe(true)
  })
})

describe('updating', () => {
  test('times the rest as if the new rate had applied since it began to cross', () => {
    const chain = new FaultChain([bandwidth(1 * KB)])
    chain.send(300)
    chain.advanceTo(120)
    chain.set(bandwidth(2 * KB))
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['100 bytes @ 100', '100 bytes @ 150', '100 bytes @ 200'])
  })

  test('keeps the pace of bytes that a latency behind it still holds', () => {
    const lag = { type: 'latency', params: { latency: 1000 } }
    const chain = new FaultChain([bandwidth(1 * KB), lag])
    chain.send(100)
    chain.advanceTo(500)
    chain.send(100)
    chain.advanceTo(600)
    chain.set(bandwidth(2 * KB), lag)
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['100 bytes @ 1050', '100 bytes @ 1550'])
  })

  test('adding a latency behind it delays the bytes under way, at their pace', () => {
    const pipe = bandwidth(1 * KB)
    const chain = new FaultChain([pipe])
    chain.send(300)
    chain.advanceTo(150)
    chain.set(pipe, { type: 'latency', params: { latency: 1000 } })
    chain.advanceTo(5000)
    expect(chain.lines).toEqual(['100 bytes @ 100', '100 bytes @ 1200', '100 bytes @ 1300'])
  })

  test('a pipe that the draw had spared starts when it is selected', () => {
    const chain = new FaultChain([bandwidth(1 * KB)])
    chain.send(100)
    chain.advanceTo(1000)
    chain.set({ ...bandwidth(1 * KB), selected: false })
    chain.send(400)
    chain.advanceTo(2000)
    chain.set(bandwidth(1 * KB))
    chain.send(100)
    chain.advanceTo(9000)
    expect(chain.lines).toEqual(['100 bytes @ 100', '400 bytes @ 1000', '100 bytes @ 2100'])
  })
})

test('bandwidth then latency adds up, as latency then bandwidth does', () => {
  const lag = { type: 'latency', params: { latency: 200 } }
  for (const faults of [
    [bandwidth(1 * KB), lag],
    [lag, bandwidth(1 * KB)],
  ]) {
    const chain = new FaultChain(faults)
    chain.send(250)
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['100 bytes @ 300', '100 bytes @ 400', '50 bytes @ 450'])
  }
})

describe('a burst', () => {
  test('of a new pipe passes at once, in one piece; the rest is paced', () => {
    const chain = new FaultChain([withBurst(1 * KB, 300)])
    chain.send(450)
    chain.advanceTo(1000)
    expect(chain.lines).toEqual(['300 bytes @ 0', '100 bytes @ 100', '50 bytes @ 150'])
  })

  test('is saved up again while the pipe is idle, up to its size', () => {
    const chain = new FaultChain([withBurst(1 * KB, 300)])
    chain.send(300)
    chain.advanceTo(120)
    chain.send(200)
    chain.advanceTo(10_000)
    chain.send(400)
    chain.advanceTo(20_000)
    expect(chain.lines).toEqual([
      '300 bytes @ 0',
      '120 bytes @ 120',
      '80 bytes @ 200',
      '300 bytes @ 10000',
      '100 bytes @ 10100',
    ])
  })

  test('times what is held anew when it grows; a pipe that was busy had nothing saved up', () => {
    const chain = new FaultChain([withBurst(1 * KB, 0)])
    chain.send(200)
    chain.advanceTo(150)
    chain.set(withBurst(1 * KB, 200))
    chain.advanceTo(1000)
    chain.set(withBurst(1 * KB, 0))
    chain.send(100)
    chain.advanceTo(1050)
    chain.set(withBurst(1 * KB, 200))
    expect(chain.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '100 bytes @ 1050'])
  })

  test('is empty when a cut pipe is mended', () => {
    const chain = new FaultChain([withBurst(0, 300)])
    chain.send(200)
    chain.advanceTo(5000)
    chain.set(withBurst(1 * KB, 300))
    chain.advanceTo(9000)
    expect(chain.lines).toEqual(['100 bytes @ 5100', '100 bytes @ 5200'])
  })

  test('that would take longer to fill than time is reckoned with lets everything through', () => {
    const chain = new FaultChain([{ type: 'bandwidth', params: { rate: 1e-3, burst: 1e30 } }])
    chain.send(10_000)
    expect(chain.lines).toEqual(['10000 bytes @ 0'])
  })
})

describe('with scope proxy', () => {
  test('sessions take turns, a read at a time', () => {
    const [a, b] = twoSessions(shared(1 * KB))
    a.send(200)
    b.send(100)
    a.send(100)
    a.advanceTo(1000)
    expect(a.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '100 bytes @ 400'])
    expect(b.lines).toEqual(['100 bytes @ 300'])
    expect(a.welcomeAt).toBe(380)
  })

  test('the burst is one for all', () => {
    const [a, b] = twoSessions(shared(1 * KB, 300))
    a.send(200)
    b.send(200)
    a.advanceTo(1000)
    expect(a.lines).toEqual(['200 bytes @ 0'])
    expect(b.lines).toEqual(['100 bytes @ 0', '100 bytes @ 100'])
  })

  test('each direction has its own pipe', () => {
    const meeting = { clock: new ManualClock(), shared: new SharedObjects() }
    const up = new FaultChain([shared(1 * KB)], { ...meeting, direction: 'upstream' })
    const down = new FaultChain([shared(1 * KB)], { ...meeting, direction: 'downstream' })
    up.send(100)
    down.send(100)
    up.advanceTo(1000)
    expect([...up.lines, ...down.lines]).toEqual(['100 bytes @ 100', '100 bytes @ 100'])
  })

  test('a new rate applies to all, in the order in which they came', () => {
    const [a, b] = twoSessions(shared(1 * KB))
    b.send(200)
    a.send(200)
    a.advanceTo(150)
    const faster = shared(2 * KB)
    a.set(faster)
    b.set(faster)
    a.advanceTo(1000)
    expect(b.lines).toEqual(['100 bytes @ 100', '100 bytes @ 150'])
    expect(a.lines).toEqual(['100 bytes @ 200', '100 bytes @ 250'])
  })

  test('a cut pipe holds all of them, and flows for all when it is mended', () => {
    const [a, b] = twoSessions(shared(0))
    a.send(100)
    b.send(100)
    a.advanceTo(5000)
    expect([...a.lines, ...b.lines]).toEqual([])
    const mended = shared(1 * KB)
    b.set(mended)
    a.set(mended)
    a.advanceTo(9000)
    expect([...b.lines, ...a.lines]).toEqual(['100 bytes @ 5100', '100 bytes @ 5200'])
  })

  test('what the draw spares passes at once, and the others are no slower for it', () => {
    const pipe = shared(1 * KB)
    const [a, b] = twoSessions(pipe)
    a.send(200)
    b.send(100)
    a.advanceTo(100)
    a.set({ ...pipe, selected: false })
    b.send(100)
    a.advanceTo(1000)
    expect(a.lines).toEqual(['100 bytes @ 100', '100 bytes @ 100'])
    expect(b.lines).toEqual(['100 bytes @ 300', '100 bytes @ 400'])
  })

  test('going from a pipe for each to one for all starts with an empty pipe now', () => {
    const [a, b] = twoSessions(bandwidth(1 * KB))
    a.send(300)
    b.send(300)
    a.advanceTo(200)
    const one = shared(1 * KB)
    for (const chain of [a, b]) chain.set(one)
    a.advanceTo(1000)
    expect(a.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '100 bytes @ 300'])
    expect(b.lines).toEqual(['100 bytes @ 100', '100 bytes @ 200', '100 bytes @ 400'])
  })
})

test('a scope that there is not is refused with those that there are', () => {
  expect(() => parseParams('bandwidth', { rate: 1, scope: 'process' })).toThrow(
    'scope: expected session or proxy, got "process"',
  )
})

// A read of 65 000 bytes became as many pieces: 16 MB, and 14 ms in one go.
test('at a very low rate a large chunk is cut into a limited number of pieces', () => {
  const chain = new FaultChain([{ type: 'bandwidth', params: { rate: 1 } }])
  chain.send(65_000)
  chain.send(3)
  chain.advanceTo(65_003_000)
  expect(chain.lines).toHaveLength(Math.ceil(65_000 / 64) + 3)
  expect(chain.lines[0]).toBe('64 bytes @ 64000')
  expect(chain.lines.slice(-3)).toEqual(['1 bytes @ 65001000', '1 bytes @ 65002000', '1 bytes @ 65003000'])
})
