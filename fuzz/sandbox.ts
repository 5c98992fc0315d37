import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP, Server, Socket } from 'node:net'

/**
 * Keeps what is fuzzed to this process: no name is looked up, nothing is connected to, and nothing is listened on but a free port of this machine, or one that was
 * free and has been listened on before.
 * Inputs say where to, and nobody knows what they say.
 */
export function closeSandbox(): Disposable {
  const { lookup } = dns
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was, and called with its own `this`
  const { listen } = Server.prototype
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was
  const { connect } = Socket.prototype
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was
  const { exit } = process
  const ours = new Set<unknown>()
  Object.assign(dns, {
    lookup(...given: readonly unknown[]): void {
      if (isIP(String(given[0])) === 0) refuseLookup(given.at(-1))
      else Reflect.apply(lookup, dns, given)
    },
  })
  Object.assign(Server.prototype, {
    listen(this: Server, ...given: readonly unknown[]): Server {
      if (isFreePort(given[0], ours)) {
        this.once('listening', () => ours.add(portOf(this)))
        return Reflect.apply(listen, this, given)
      }
      process.nextTick(() => this.emit('error', systemError('listen', 'EACCES')))
      return this
    },
  })
  Object.assign(Socket.prototype, {
    connect(this: Socket): Socket {
      process.nextTick(() => this.destroy(systemError('connect', 'ECONNREFUSED')))
      return this
    },
  })
  Object.assign(process, { exit: refusedExit })
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]() {
      Object.assign(dns, { lookup })
      Object.assign(Server.prototype, { listen })
      Object.assign(Socket.prototype, { connect })
      Object.assign(process, { exit })
      syncBuiltinESMExports()
    },
  }
}

function refuseLookup(answer: unknown): void {
  if (typeof answer === 'function')
    process.nextTick(() => Reflect.apply(answer, undefined, [systemError('getaddrinfo', 'ENOTFOUND'), []]))
}

function refusedExit(): never {
  throw new Error('something wanted to end the process')
}

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

function isFreePort(options: unknown, ours: ReadonlySet<unknown>): boolean {
  if (typeof options !== 'object' || options === null || !('port' in options) || !('host' in options)) return false
  return (options.port === 0 || ours.has(options.port)) && (options.host === '127.0.0.1' || options.host === '::1')
}

function systemError(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1 })
}
