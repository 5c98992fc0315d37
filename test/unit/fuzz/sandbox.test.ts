import { lookup } from 'node:dns'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { closeSandbox } from '../../../fuzz/sandbox.ts'

function listened(options: object): Promise<string> {
  const server = createServer()
  return new Promise((resolve) => {
    server.on('error', (error) => resolve(error.message))
    server.listen(options, () => {
      server.close()
      resolve('listens')
    })
  })
}

async function listenedAgain(): Promise<string> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return listened({ host: '127.0.0.1', port: typeof address === 'object' ? address?.port : 0 })
}

function lookedUp(name: string): Promise<string> {
  return new Promise((resolve) => lookup(name, (error, address) => resolve(error?.message ?? address)))
}

test('nothing leaves the process while it is closed, and everything is as it was behind it', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const connected = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve('connected'))
      socket.on('error', (error) => resolve(error.message))
    })
  {
    using _ = closeSandbox()
    expect(await connected()).toBe('connect ECONNREFUSED')
    expect(await lookedUp('localhost')).toBe('getaddrinfo ENOTFOUND')
    expect(await lookedUp('127.0.0.1')).toBe('127.0.0.1')
    expect(await listened({ host: '127.0.0.1', port: 0 })).toBe('listens')
    expect(await listenedAgain()).toBe('listens')
    for (const options of [{ host: '0.0.0.0', port: 0 }, { host: '127.0.0.1', port: 1 }, { path: '/x.sock' }]) {
      expect(await listened(options)).toBe('listen EACCES')
    }
    expect(() => process.exit(0)).toThrow('something wanted to end the process')
  }
  expect(await connected()).toBe('connected')
  expect(await lookedUp('localhost')).toMatch(/^(127\.0\.0\.1|::1)$/)
  server.close()
})
