import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Insight } from '../../../soak/in-server.ts'
import { eventually } from '../../support/wait.ts'
import { distantEcho, hardFileLimit, HardServer, NOT_LINUX } from './rig.ts'

const CONNECTIONS = 10_000
/** For this process: one for each connection, and what Node has open. */
const OUR_DESCRIPTORS = CONNECTIONS + 500
/** For the server to serve them all: two for each. */
const ALL_DESCRIPTORS = 2 * CONNECTIONS + 500
const LIMIT = hardFileLimit()
const MIB = 2 ** 20
/** The memory that sessions read into is kept for those that come: 2 KiB for each direction of as many as there were at once. */
const POOL = CONNECTIONS * 2 * 2048
/** What else may be left of ten thousand sessions: nothing of them, but counters and compiled code. At 4 KiB each they were 40 MiB. */
const LEFT = 16 * MIB

const WHY =
  NOT_LINUX ||
  (LIMIT < OUR_DESCRIPTORS ? ` (skipped: it needs ulimit -Hn ${OUR_DESCRIPTORS}, here it is ${LIMIT})` : '')
const SOME = LIMIT < ALL_DESCRIPTORS ? `; the server has ${LIMIT} descriptors, which is not enough for all` : ''

const IN_SERVER = fileURLToPath(new URL('../../../soak/in-server.ts', import.meta.url))

test.skipIf(WHY !== '')(
  `${CONNECTIONS} connections at once are served or closed, and leave nothing behind${SOME}${WHY}`,
  async () => {
    await using echo = await distantEcho()
    await using server = await HardServer.start({ node: ['--expose-gc', '--import', IN_SERVER] })
    const port = await server.proxy('p', echo.address)
    // So that what is made once is there: code, pools, the rings of what can be looked back on.
    await burst(port, 500)
    const before = await atRest(server)

    const { served, closed, wrong } = await burst(port, CONNECTIONS)
    expect(wrong).toEqual([])
    expect(served + closed).toBe(CONNECTIONS)
    // A third of them where there are descriptors for nearly all: how many fit depends on how fast they come and dial.
    expect(served).toBeGreaterThanOrEqual(SOME === '' ? CONNECTIONS : CONNECTIONS / 3)

    const after = await atRest(server)
    expect(after.inUse - before.inUse).toBeLessThan(POOL + LEFT)
    // Those of the admin API come and go.
    expect(after.handles).toBeLessThanOrEqual(before.handles + 3)
    expect(await burst(port, 200)).toMatchObject({ served: 200, closed: 0, wrong: [] })

    // The pool is there by now: whatever a second time adds is a leak.
    expect((await burst(port, CONNECTIONS)).wrong).toEqual([])
    const second = await atRest(server)
    expect(second.inUse - after.inUse).toBeLessThan(LEFT)
    expect(second.handles).toBeLessThanOrEqual(before.handles + 3)
    expect(await server.stop()).toBe(0)
    expect(server.stderr).toBe('')
  },
  300_000,
)

interface Outcome {
  readonly served: number
  readonly closed: number
  /** What came instead of what was sent. */
  readonly wrong: readonly string[]
}

/** All of them connect in one go, send something, and stay until everybody has an answer. */
async function burst(port: number, count: number): Promise<Outcome> {
  const sockets: Socket[] = []
  const outcomes = Array.from({ length: count }, (_, index) => {
    const socket = connect({ port, host: '127.0.0.1' })
    sockets.push(socket)
    return outcomeOf(socket, `number ${index}`)
  })
  const all = await Promise.all(outcomes)
  const gone = sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close'))
  for (const socket of sockets) socket.destroy()
  await Promise.all(gone)
  return {
    served: all.filter((outcome) => outcome === 'served').length,
    closed: all.filter((outcome) => outcome === 'closed').length,
    wrong: all.filter((outcome) => outcome !== 'served' && outcome !== 'closed'),
  }
}

function outcomeOf(socket: Socket, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let got = ''
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    got += String(bytes)
    if (got === text) resolve('served')
    else if (!text.startsWith(got)) resolve(`${got} instead of ${text}`)
  })
  // Closed behind nothing, or behind a part: nobody is told anything wrong.
  socket.on('end', () => resolve('closed'))
  socket.on('close', () => resolve('closed'))
  socket.write(text)
  return promise
}

/** When nobody is connected any more. */
async function atRest(server: HardServer): Promise<{ readonly inUse: number; readonly handles: number }> {
  await eventually(
    'all sessions end',
    async () => (await server.call<{ total: number }>('GET', '/v1/sessions')).total === 0,
    60_000,
  )
  await sleep(1000)
  const { threads, handles } = await server.told<Insight>('look')
  return {
    inUse: threads.reduce((sum, { heap, external }) => sum + heap + external, 0),
    handles: Object.values(handles).reduce((sum, count) => sum + count, 0),
  }
}
