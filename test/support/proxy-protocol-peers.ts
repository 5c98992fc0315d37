import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readProxyHeader, type HeaderReading } from '../../src/protocols/proxy-protocol/header.ts'
import { freePort } from './ports.ts'
import { onFreePort, ServerProcess, ServerProgram } from './servers.ts'
import { eventually } from './wait.ts'

/** Programs that speak the PROXY protocol, and a server and a client that speak it with them. */

export const haproxyProgram = new ServerProgram('haproxy', 'haproxy', ['/usr/sbin'])
export const nginxProgram = new ServerProgram('nginx', 'nginx', ['/usr/sbin'])

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'
export const nginxStreamMissing = nginxProgram.missing || !existsSync(STREAM_MODULE)

export interface RunningProgram extends AsyncDisposable {
  readonly port: number
  readonly folder: string
}

type Configuration = (port: number, folder: string) => string

async function configured(
  program: ServerProgram,
  configuration: Configuration,
  args: (file: string) => readonly string[],
  ready: RegExp,
): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    return await onFreePort(freePort, async (port) => {
      const file = join(folder, 'configuration')
      await writeFile(file, configuration(port, folder))
      const running = await ServerProcess.start(program.path, {
        args: args(file),
        ready,
        stopSignal: 'SIGTERM',
        killSignal: 'SIGKILL',
      })
      const dispose = async (): Promise<void> => {
        await running[Symbol.asyncDispose]()
        await remove()
      }
      return { port, folder, [Symbol.asyncDispose]: dispose }
    })
  } catch (error) {
    await remove()
    throw error
  }
}

const HAPROXY = `
global
  nbthread 1
  maxconn 200
defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
`

/** @param sections what follows `global` and `defaults`. */
export function startHaproxy(sections: Configuration): Promise<RunningProgram> {
  // A master says when its worker listens; alone it would say nothing.
  return configured(
    haproxyProgram,
    (port, folder) => HAPROXY + sections(port, folder),
    (file) => ['-W', '-db', '-f', file],
    /Loading success/,
  )
}

/** @param blocks the blocks `http` and `stream`. */
export function startNginx(blocks: Configuration): Promise<RunningProgram> {
  const configuration: Configuration = (port, folder) => `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log stderr notice;
    ${nginxStreamMissing ? '' : `load_module ${STREAM_MODULE};`}
    events { worker_connections 64; }
    ${blocks(port, folder)}`
  return configured(nginxProgram, configuration, (file) => ['-c', file], /using the "\w+" event method/)
}

export interface Received {
  readonly reading: HeaderReading
  /** What came behind the header. */
  readonly rest: string
  readonly raw: Buffer
}

/** A server that reads a header from each connection, and sends back what comes behind it. */
export class HeaderServer implements AsyncDisposable {
  readonly received: Received[] = []
  readonly #server = createServer((socket) => {
    let raw = Buffer.alloc(0)
    const connection = { reading: { kind: 'more' } as HeaderReading, rest: '', raw }
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      raw = Buffer.concat([raw, bytes])
      if (connection.reading.kind === 'more') {
        connection.reading = readProxyHeader(raw)
        if (connection.reading.kind !== 'more') this.received.push(connection)
      }
      connection.raw = raw
      if (connection.reading.kind !== 'header') return
      const text = raw.toString('latin1', connection.reading.length)
      socket.write(text.slice(connection.rest.length), 'latin1')
      connection.rest = text
    })
  })

  static async start(): Promise<HeaderServer> {
    const server = new HeaderServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** What a client saw that sent these bytes, each by itself, and waited for `wanted` or the end. */
export async function talk(
  to: { readonly port: number; readonly host?: string } | { readonly path: string },
  pieces: readonly (Buffer | string)[],
  wanted?: string,
): Promise<{ readonly text: string; readonly port: number }> {
  const socket = connect('path' in to ? to : { host: '127.0.0.1', ...to, noDelay: true })
  await once(socket, 'connect')
  const port = socket.localPort ?? 0
  let text = ''
  let ended = false
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  socket.on('error', () => {})
  socket.on('close', () => (ended = true))
  socket.on('end', () => (ended = true))
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually(`an answer, have ${JSON.stringify(text)}`, () => ended || (wanted !== undefined && text === wanted))
  socket.destroy()
  return { text, port }
}
