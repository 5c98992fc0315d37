import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { readChecked, writeChecked } from '../test/support/checked-stream.ts'
import type { Rival } from './rivals/rival.ts'
import { verifyExchanges } from './verify-exchanges.ts'
import { verifyHttp } from './verify-http.ts'

/** What a rival was found to be before it is measured. */
export interface Verification {
  readonly rival: string
  readonly version: string
  /** `failed`: what it relays is not what it was given; it is not measured. */
  readonly state: 'verified' | 'failed' | 'not found'
  /** Why it failed or was not found. */
  readonly reason?: string
  /** A client that has shut down its side still gets its answer. Absent where there is no such thing. */
  readonly halfClose?: boolean
}

const BYTES = 20_000_000
const SEED = 7
const TRAILER = '!'
const DEADLINE_MS = 15_000

/**
 * Sends a checked stream both ways through a rival, at once, and looks whether half-closing passes. One that understands HTTP gets requests
 * instead, and one that relays no stream short messages.
 */
export async function verify(rival: Rival): Promise<Verification> {
  const located = await rival.locate()
  if (!located.found) return { rival: rival.name, version: '', state: 'not found', reason: located.reason }
  const about = { rival: rival.name, version: located.version }
  try {
    const found = await check(rival)
    return { ...about, state: 'verified', ...found }
  } catch (error) {
    return { ...about, state: 'failed', reason: oneLine(error) }
  }
}

function check(rival: Rival): Promise<void | { halfClose: boolean }> {
  if (rival.protocol === 'http') return verifyHttp(rival)
  return rival.exchangesOnly === true ? verifyExchanges(rival) : checkStream(rival)
}

/** What programs say when they cannot start is long and has many lines; a table cell has room for the beginning. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 400)
}

async function checkStream(rival: Rival): Promise<{ halfClose: boolean }> {
  // Echoes, and says one more byte after the other side has ended: that byte comes through only where half-closing does.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket, { end: false })
    socket.on('end', () => socket.end(TRAILER))
  })
  await using upstream = await listening(server)
  await using running = await rival.start(upstream.port)
  const socket = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`nothing moved for ${DEADLINE_MS} ms`)))
  try {
    const read = readChecked(socket, SEED, BYTES)
    await Promise.all([read, writeChecked(socket, SEED, BYTES)])
    const rest = restOf(socket)
    socket.end()
    const trailer = await rest
    if (trailer !== '' && trailer !== TRAILER) throw new Error(`${trailer.length} bytes came that nobody had sent`)
    return { halfClose: trailer === TRAILER }
  } finally {
    socket.destroy()
  }
}

async function restOf(socket: NodeJS.ReadableStream): Promise<string> {
  let rest = ''
  socket.on('data', (bytes: Buffer) => (rest += bytes.toString('latin1')))
  await once(socket, 'end')
  return rest
}

async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
