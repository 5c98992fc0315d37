import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClient } from '../admin.ts'
import { Program } from '../program.ts'
import { loadServer } from './rounds.ts'

export interface Trouble extends AsyncDisposable {
  /** Names of the proxies, one for each trouble. */
  readonly proxies: readonly string[]
}

const PLENTY = 1e12
const HANG_MS = 300

/** Brings four kinds of trouble about, on a proxy each, and keeps them until it is disposed of. */
export async function makeTrouble(admin: AdminClient): Promise<Trouble> {
  await using stack = new AsyncDisposableStack()
  const bulk = stack.use(await loadServer('bulk-server.ts')())
  const echo = stack.use(await loadServer('echo-server.ts')())
  const deaf = stack.use(await loadServer('deaf-server.ts')())

  const stalled = await admin.createProxy('stalled', bulk.port)
  await admin.addToxic('stalled', { name: 'slow', type: 'latency', attributes: { latency: 100 } })
  await stack.use(Program.node('load/slow-reader.ts', stalled, PLENTY, 0)).firstLine()

  for (const filling of await fillBacklog(deaf.port)) stack.defer(() => void filling.destroy())
  stack.use(await talk(await admin.createProxy('dialing', deaf.port)))

  const resetting = await admin.createProxy('resetting', echo.port)
  await admin.addToxic('resetting', { name: 'reset', type: 'reset_peer', attributes: { timeout: 60_000 } })
  stack.use(await talk(resetting))

  const streaming = await admin.createProxy('streaming', bulk.port)
  await stack.use(Program.node('load/slow-reader.ts', streaming, PLENTY, 200e6)).firstLine()

  const kept = stack.move()
  return {
    proxies: ['stalled', 'dialing', 'resetting', 'streaming'],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Dials until a dial hangs: from then on every dial to the port does. */
async function fillBacklog(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    sockets.push(socket)
    const hangs = await Promise.race([once(socket, 'connect').then(() => false), sleep(HANG_MS, true)])
    if (hangs) return sockets
    if (sockets.length > 100) throw new Error('the backlog of the deaf server does not fill')
  }
}

/** A client that has sent a few bytes and waits. */
async function talk(port: number): Promise<AsyncDisposable> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  await once(socket, 'connect')
  socket.write('hello')
  await sleep(HANG_MS)
  return { [Symbol.asyncDispose]: async () => void socket.destroy() }
}
