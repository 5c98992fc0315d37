import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FoulweatherProcess } from '../../support/cli-process.ts'
import { dial, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let echo: Peer

beforeEach(async () => {
  echo = await Peer.echo()
})

afterEach(async () => {
  await echo[Symbol.asyncDispose]()
})

/** A running server with one proxy to the echo. */
async function serverWithProxy(...argv: readonly string[]): Promise<{ server: FoulweatherProcess; listen: string }> {
  const server = await FoulweatherProcess.start({ argv })
  const proxy = { name: 'p', listen: '127.0.0.1:0', upstream: echo.address }
  const response = await server.fetch('/proxies', { method: 'POST', body: JSON.stringify(proxy) })
  return { server, listen: ((await response.json()) as { listen: string }).listen }
}

/** Keeps sending, as fast as the echo takes it; answers how much has come back so far. */
function keepBusy(socket: Socket): () => number {
  const block = Buffer.alloc(16 * 1024, 1)
  let received = 0
  const send = (): void => {
    while (!socket.destroyed && socket.write(block)) {
      // Until it is full; `drain` goes on.
    }
  }
  socket.on('data', (chunk) => (received += chunk.length)).on('drain', send)
  send()
  return () => received
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s under load ends the process within 5 seconds, with exit code 0',
  async (signal) => {
    const { server, listen } = await serverWithProxy()
    await using _server = server
    const busy = await Promise.all(Array.from({ length: 8 }, () => dial(listen)))
    const received = busy.map(keepBusy)
    const idle = await Promise.all(Array.from({ length: 8 }, () => dial(listen)))
    // A peer that reads nothing holds bytes in every buffer on the way.
    const stuck = await dial(listen)
    stuck.pause()
    stuck.write(Buffer.alloc(8 * 2 ** 20))
    await eventually('the load flows', () => received.every((count) => count() > 1_000_000))

    const { code, ms } = await server.stop(signal)
    expect(code).toBe(0)
    expect(ms).toBeLessThan(5000)
    expect(server.log.slice(-2)).toMatchObject([{ message: 'Terminated proxy' }, { message: 'Stopped' }])
    expect(server.log).toContainEqual(expect.objectContaining({ message: 'Shutdown started', signal }))
    for (const socket of [...busy, ...idle, stuck]) socket.destroy()
  },
)

test('sessions may finish within the drain time, and the process ends when the last one has', async () => {
  const { server, listen } = await serverWithProxy('--drain', '20')
  await using _server = server
  const socket = await dial(listen)
  socket.write('before')
  expect(String((await once(socket, 'data'))[0])).toBe('before')

  const started = performance.now()
  const stopped = server.stop('SIGTERM')
  await server.logged('Shutdown started')
  await server.logged('Terminated proxy')
  await expect(dial(listen)).rejects.toThrow('ECONNREFUSED')
  socket.write('after')
  expect(String((await once(socket, 'data'))[0])).toBe('after')
  const end = once(socket, 'end')
  socket.end()
  await end
  expect((await stopped).code).toBe(0)
  expect(performance.now() - started).toBeLessThan(15_000)
})

test('sessions that do not finish are ended when the drain time is over', async () => {
  const { server, listen } = await serverWithProxy('--drain', '500ms')
  await using _server = server
  const socket = await dial(listen)
  socket.write('x')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  const { code, ms } = await server.stop('SIGTERM')
  await closed
  expect(code).toBe(0)
  expect(ms).toBeGreaterThanOrEqual(450)
  expect(ms).toBeLessThan(5500)
})

test('a second signal ends the process at once', async () => {
  const { server, listen } = await serverWithProxy('--drain', '60')
  await using _server = server
  const socket = await dial(listen)
  socket.write('x')
  await once(socket, 'data')
  server.signal('SIGINT')
  await server.logged('Shutdown started')
  const { code, ms } = await server.stop('SIGINT')
  expect(code).toBe(0)
  expect(ms).toBeLessThan(5000)
  socket.destroy()
})

test('a signal at rest ends the process', async () => {
  await using server = await FoulweatherProcess.start()
  const { code } = await server.stop('SIGTERM')
  expect(code).toBe(0)
  expect(server.log.at(-1)).toMatchObject({ message: 'Stopped' })
})

test('a reader of the log that goes away does not take the server with it', async () => {
  const { server, listen } = await serverWithProxy('--log-level', 'trace')
  await using _server = server
  server.dropLog()
  for (let i = 0; i < 20; i++) await server.fetch('/version')
  const socket = await dial(listen)
  socket.write('x')
  await once(socket, 'data')
  expect((await server.stop('SIGTERM')).code).toBe(0)
  socket.destroy()
})

describe('a signal during the start', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  // A thread of Node is stuck in reading it, and the exit of a process waits for its threads.
  test.each(['SIGTERM', 'SIGINT'] as const)('ends it by %s, although a file cannot be read', async (signal) => {
    const config = join(directory, 'pipe')
    await promisify(execFile)('mkfifo', [config])
    await using server = await FoulweatherProcess.start({ argv: ['--config', config], until: 'Starting foulweather' })
    const stopped = await server.stop(signal)
    expect(stopped).toMatchObject({ code: null, signal })
    expect(stopped.ms).toBeLessThan(5000)
    expect(server.log.at(-1)).toMatchObject({ message: 'Shutdown started', signal })
    expect(server.output).toContain(`foulweather: ended by ${signal} before it had started\n`)
  })

  /** A server whose start waits for the second of its proxies: that host name is never answered for. */
  async function waiting(...argv: readonly string[]): Promise<{ server: FoulweatherProcess; session: Socket }> {
    const entries = [
      { name: 'up', listen: '127.0.0.1:0', upstream: echo.address },
      { name: 'waits', listen: 'never.example:1', upstream: echo.address },
    ]
    const config = join(directory, 'proxies.json')
    await writeFile(config, JSON.stringify(entries))
    const silence = `
      import dns from 'node:dns'
      import { syncBuiltinESMExports } from 'node:module'
      const { lookup, promises: { lookup: promised } } = dns
      const silent = (name) => name === 'never.example'
      dns.lookup = (name, ...rest) => (silent(name) ? undefined : lookup(name, ...rest))
      dns.promises.lookup = (name, ...rest) => (silent(name) ? new Promise(() => {}) : promised(name, ...rest))
      syncBuiltinESMExports()`
    const server = await FoulweatherProcess.start({
      argv: ['--config', config, ...argv],
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(silence)}` },
      until: 'Started proxy',
    })
    const { listen } = await server.logged('Started proxy')
    const session = await dial(String(listen))
    session.write('x')
    await once(session, 'data')
    return { server, session }
  }

  test('ends it in order, although a name is still being looked up', async () => {
    const { server, session } = await waiting()
    await using _server = server
    const closed = once(session, 'close')
    const { code, signal, ms } = await server.stop('SIGTERM')
    await closed
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' })
    expect(ms).toBeLessThan(5000)
    expect(server.log.slice(-2)).toMatchObject([{ message: 'Shutdown started' }, { message: 'Terminated proxy' }])
  })

  test('ends it at once when it is the second', async () => {
    const { server, session } = await waiting('--drain', '60')
    await using _server = server
    server.signal('SIGTERM')
    await server.logged('Terminated proxy')
    const { signal, ms } = await server.stop('SIGINT')
    expect(signal).toBe('SIGTERM')
    expect(ms).toBeLessThan(5000)
    expect(server.log.at(-1)).toMatchObject({ message: 'Stopped at once' })
    session.destroy()
  })
})
