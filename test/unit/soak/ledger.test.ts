import { expect, test } from 'vitest'
import { Tally } from '../../../soak/tally.ts'
import { Ledger, thisMoment, type Ended } from '../../../soak/watch/ledger.ts'
import { ANY_PROXY, Doors } from '../../../soak/weather/doors.ts'

const PORT = 5000

/** A ledger of a server that lists no sessions and no decisions any more. */
function ledger() {
  const tally = new Tally()
  const doors = new Doors()
  const api = {
    async get<T>(): Promise<T> {
      return (await Promise.resolve({ sessions: [], decisions: [], exchanges: [] })) as T
    },
  }
  return { tally, doors, it: new Ledger(api, tally, doors, { missed: () => 0 }) }
}

function ended(session: string, began: number, more: Partial<Ended> = {}): Ended {
  const started = new Date(Date.now() + began).toISOString()
  const common = { proxy: 'calm-raw', client: `127.0.0.1:${PORT}`, origin: 'client', reason: 'closed' }
  return { ...common, session, started, touchedBy: [], bytes: {}, ...more }
}

/** What a client says that has begun to connect `ms` milliseconds ago. */
function loss(proxy: string, ms: number) {
  const { steady, wall } = thisMoment()
  return { proxy, port: PORT, since: { steady: steady - ms, wall: wall - ms }, what: 'bytes' }
}

test('who dies with a thread is told of by nobody, and others who had the same port are not taken for it', async () => {
  const { tally, doors, it } = ledger()
  doors.shut(ANY_PROXY, 100)
  it.sessionEnded(ended('before', -2000))
  it.report(loss('calm-raw', 1000))
  it.sessionEnded(ended('behind', 500))
  await it.settled()
  expect([tally.violations, tally.of('explained by a shut door')]).toEqual([[], 1])
})

test('its own ending is found among those of its port, and what it was touched by explains what an orderly end does not', async () => {
  const { tally, it } = ledger()
  const proxy = 'rough-raw'
  it.sessionEnded(ended('before', -2000, { proxy, origin: 'injected', reason: 'lifetime-a' }))
  it.sessionEnded(ended('own', -900, { proxy, touchedBy: ['latency-b', 'timeout-a'] }))
  it.sessionEnded(ended('behind', 500, { proxy, origin: 'proxy', reason: 'killed' }))
  it.report(loss(proxy, 1000))
  await it.settled()
  expect([...tally.counts].filter(([what]) => what.startsWith('explained'))).toEqual([
    ['explained by a fault at work (timeout)', 1],
  ])
})

test('an end that no fault has made is a violation, and tells what is known', async () => {
  const { tally, it } = ledger()
  it.sessionEnded(ended('own', -900, { proxy: 'rough-raw', touchedBy: ['latency-b'] }))
  it.report(loss('rough-raw', 1000))
  await it.settled()
  expect(tally.violations).toMatchObject([
    { check: 'bytes', text: expect.stringContaining('session own ended by client (closed), and no fault did it') },
  ])
  expect(tally.violations[0]?.text).toContain('latency-b')
})

test('what was known of a session may die with its thread right behind the loss', async () => {
  const { tally, doors, it } = ledger()
  it.report(loss('rough-raw', 1000))
  doors.shut(ANY_PROXY, 100)
  await it.settled()
  expect([tally.violations, tally.of('explained by what a thread knew that has died')]).toEqual([[], 1])
})

test('on calm proxies wrong bytes have no explanation', async () => {
  const { tally, doors, it } = ledger()
  doors.shut(ANY_PROXY, 60_000)
  it.report({ ...loss('calm-raw', 1000), what: 'corrupt at byte 17: bytes from nowhere near it' })
  await it.settled()
  expect(tally.violations).toMatchObject([{ check: 'bytes' }])
})

test('who got the port of a client that had been there for long is not taken for it, however late that tells of its loss', async () => {
  const { tally, doors, it } = ledger()
  doors.shut(ANY_PROXY, 100)
  it.sessionEnded(ended('other', -100))
  it.report(loss('calm-raw', 30_000))
  await it.settled()
  expect([tally.violations, tally.of('explained by a shut door')]).toEqual([[], 1])
})
