import { lstat, unlink } from 'node:fs/promises'
import { connect, createServer, type ListenOptions, type Server } from 'node:net'
import { dirname } from 'node:path'
import { getSystemErrorMessage } from 'node:util'
import { joinHostPort } from '../core/address.ts'
import { FoulweatherError } from '../core/errors.ts'
import { bindFailure, systemCode } from '../core/listen-failure.ts'
import { Descriptors } from './descriptors.ts'
import type { ListenAddress } from './listen-address.ts'
import { KEEP_ALIVE_SECONDS, type Accepted, type AcceptedHandle } from './peer-socket.ts'

/** What a listener tells its proxy. */
export interface ListenerEvents {
  accepted(connection: Accepted): void
  /** `accept` failed (out of file descriptors, …); it goes on trying by itself. */
  acceptFailed(error: string): void
}

export interface ListenerOptions {
  /** Take accepted connections as handles where this Node has such. */
  readonly acceptHandles: boolean
  /** Others of ours may listen there too: the kernel spreads the connections over all of them (`SO_REUSEPORT`). */
  readonly reusePort: boolean
}

/** The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096

/** A bound, accepting socket. */
export class Listener {
  /** The bound address, canonical. */
  readonly address: string
  readonly #server: Server

  private constructor(server: Server, address: string) {
    this.#server = server
    this.address = address
  }

  /** @throws FoulweatherError `listen_failed`, worded as Go words it. */
  static async open(
    address: ListenAddress,
    events: ListenerEvents,
    { acceptHandles, reusePort }: ListenerOptions,
  ): Promise<Listener> {
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_SECONDS * 1000,
    })
    await bind(server, address, reusePort)
    server.on('error', (error) => events.acceptFailed(error.message))
    if (!acceptHandles || !takeHandles(server, events)) server.on('connection', (socket) => events.accepted(socket))
    return new Listener(server, boundAddress(server, address))
  }

  /** New connections are refused as soon as this returns; accepted ones are not touched. */
  close(): void {
    this.#server.close()
  }
}

/**
 * An address that nobody listens on, for several of us to share. Whoever shares one shares it with any other program of the same user that does, even
 * where the kernel has been asked for a free port: a part of our clients would be theirs, or of theirs ours. So it is taken once for ourselves alone,
 * and let go again.
 *
 * @throws FoulweatherError `listen_failed`, as `Listener.open`.
 */
export async function freeAddress(address: ListenAddress): Promise<string> {
  if (address.kind === 'unix') return address.text
  const server = createServer()
  await bind(server, address, false)
  const bound = boundAddress(server, address)
  server.close()
  return bound
}

function setOptions(handle: AcceptedHandle): void {
  handle.setNoDelay?.(true)
  handle.setKeepAlive?.(true, KEEP_ALIVE_SECONDS)
}

/**
 * Linux gives an accepted socket what has been set for the listening one: for each connection that is five system calls less, of 27. Elsewhere
 * that is said of some of these options on some systems only.
 */
function setForAll(listening: object): boolean {
  if (process.platform !== 'linux' || !('setNoDelay' in listening) || !('close' in listening)) return false
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening handle is of the same class as those that it accepts
  setOptions(listening as AcceptedHandle)
  return true
}

/** Of the whole process, whichever listener meets the last. */
const descriptors = new Descriptors()

function descriptorOf(accepted: object): number {
  return 'fd' in accepted && typeof accepted.fd === 'number' ? accepted.fd : -1
}

/**
 * Takes accepted connections as handles, before Node makes a socket of them: only a socket that is made with `onread` can read
 * into our memory, and `net.Server` cannot make such. Answers false where this Node does not let us; then sockets do.
 */
function takeHandles(server: Server, events: ListenerEvents): boolean {
  const handle: unknown = Reflect.get(server, '_handle')
  if (typeof handle !== 'object' || handle === null || !('onconnection' in handle)) return false
  const inherited = setForAll(handle)
  handle.onconnection = (status: number, accepted: AcceptedHandle | undefined): void => {
    if (status !== 0 || accepted === undefined) {
      events.acceptFailed(`accept: ${getSystemErrorMessage(status) ?? status}`)
      return
    }
    if (!inherited) setOptions(accepted)
    const runOut = descriptors.given(descriptorOf(accepted), performance.now())
    if (runOut !== undefined) events.acceptFailed(runOut)
    events.accepted(accepted)
  }
  return true
}

async function bind(server: Server, address: ListenAddress, reusePort: boolean): Promise<void> {
  try {
    await listen(server, address, reusePort)
  } catch (error) {
    if (address.kind === 'unix' && systemCode(error) === 'EADDRINUSE' && (await isStale(address.path))) {
      await unlink(address.path)
        .then(() => listen(server, address, reusePort))
        .catch((again: unknown) => refuse(again, address))
      return
    }
    if (address.kind === 'tcp' && address.host === '::' && systemCode(error) === 'EAFNOSUPPORT') {
      const v4: ListenAddress = { ...address, host: '0.0.0.0', text: joinHostPort('0.0.0.0', address.port) }
      await listen(server, v4, reusePort).catch((again: unknown) => refuse(again, v4))
      return
    }
    // libuv says EACCES for a missing directory, as Windows would.
    const missing = address.kind === 'unix' && systemCode(error) === 'EACCES' && !(await exists(dirname(address.path)))
    refuse(error, address, missing ? 'ENOENT' : systemCode(error))
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function listen(server: Server, address: ListenAddress, reusePort: boolean): Promise<void> {
  const options: ListenOptions =
    address.kind === 'unix'
      ? { path: address.path, backlog: BACKLOG }
      : { host: address.host, port: address.port, backlog: BACKLOG, reusePort }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** A socket file that nobody listens on any more is left over from a process that died. */
async function isStale(path: string): Promise<boolean> {
  // Connecting to a file of another kind is refused just the same, and that file is somebody's data.
  const file = await lstat(path).catch(() => undefined)
  if (file?.isSocket() !== true) return false
  return new Promise((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'))
  })
}

function refuse(error: unknown, address: ListenAddress, code = systemCode(error)): never {
  const network = address.kind === 'unix' ? 'unix' : 'tcp'
  const text = address.kind === 'unix' ? address.path : address.asked
  throw new FoulweatherError('listen_failed', `listen ${network} ${text}: bind: ${bindFailure(error, code)}`, {
    field: 'listen',
    value: text,
    cause: error,
  })
}

function boundAddress(server: Server, asked: ListenAddress): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return asked.text
  return joinHostPort(bound.address, bound.port)
}
