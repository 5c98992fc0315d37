import { once } from 'node:events'
import { connect, type AddressInfo, type Server } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { connect as connectTls, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { Authority } from '../../../src/engine/tls/authority.ts'
import { readClientHello } from '../../../src/protocols/tls/client-hello.ts'
import { firstRecord } from '../../support/hello-bytes.ts'

/** What a TLS server has understood of a hello. */
interface Understood {
  readonly name: string | undefined
  /** `undefined` = it did not get so far, or there are none. */
  readonly protocols?: readonly string[]
}

/** A TLS server that tells what it understands. */
class TellingServer implements AsyncDisposable {
  #understood: Understood | undefined
  readonly #server: Server

  private constructor(pair: { readonly cert: string; readonly key: string }) {
    this.#server = createServer({
      ...pair,
      minVersion: 'TLSv1.2',
      SNICallback: (name, done) => {
        this.#understood = { ...this.#understood, name }
        done(null)
      },
      ALPNCallback: ({ servername, protocols }) => {
        // Without a name this is an empty text, or none, whatever the types say.
        this.#understood = { name: servername || undefined, protocols }
        return protocols[0]
      },
    })
    this.#server.on('tlsClientError', () => {})
  }

  static async start(): Promise<TellingServer> {
    const server = new TellingServer(await new Authority().certificate(['localhost']))
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** Sends these bytes and no others, and waits until it has answered or left. */
  async understands(bytes: Buffer): Promise<Understood | undefined> {
    this.#understood = undefined
    const socket = connect({ port: (this.#server.address() as AddressInfo).port, host: '127.0.0.1' })
    socket.on('error', () => {})
    const over = new Promise<void>((resolve) => {
      for (const event of ['data', 'end', 'close']) socket.once(event, () => resolve())
    })
    // A server that waits for more of a hello learns that there is none.
    socket.end(bytes)
    await over
    socket.destroy()
    return this.#understood
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A short one, with a name and two protocols. */
function hello(): Promise<Buffer> {
  return firstRecord((port) => {
    const names = { servername: 'shop.example', ALPNProtocols: ['h2', 'http/1.1'] }
    const socket = connectTls({ ...names, port, host: '127.0.0.1', ecdhCurve: 'X25519' })
    socket.on('error', () => {})
    return () => socket.destroy()
  })
}

/** OpenSSL takes any bytes for a name. A text that cannot be that of a host is none to us. */
function isName(name: string | undefined): boolean {
  return name === undefined || /^[\x21-\x7e]+$/.test(name)
}

/** Node leaves the highest bit of each byte of a protocol out. */
function ascii(protocol: string): string {
  return Buffer.from(protocol, 'latin1').toString('ascii')
}

test('whatever a server understands of a damaged hello, we understand too', { timeout: 120_000 }, async () => {
  await using server = await TellingServer.start()
  const bytes = await hello()
  expect(await server.understands(bytes)).toEqual({ name: 'shop.example', protocols: ['h2', 'http/1.1'] })
  const different: string[] = []
  let read = 0
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [0x01, 0x20, 0xff]) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8((bytes[at] ?? 0) ^ flip, at)
      const understood = await server.understands(damaged)
      if (understood === undefined) continue
      const { name, protocols } = understood
      read++
      const ours = readClientHello(damaged)
      const seen = ours.kind === 'hello' ? [ours.hello.servername, protocols && ours.hello.alpn.map(ascii)] : ours.kind
      const theirs = isName(name) ? [name?.toLowerCase(), protocols] : 'not_tls'
      if (!isDeepStrictEqual(seen, theirs)) different.push(`byte ${at} ^ ${flip}: ${name}, ${JSON.stringify(ours)}`)
    }
  }
  expect(different).toEqual([])
  // Most of a hello is random numbers and keys: damage there goes unnoticed for now.
  expect(read).toBeGreaterThan(bytes.length)
})
