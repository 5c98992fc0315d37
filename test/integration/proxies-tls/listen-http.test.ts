import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { fault } from '../../support/engine-rig-faults.ts'
import { Upstream } from '../../support/peers.ts'
import { ServerProgram } from '../../support/servers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, Place, type PlaceOptions, type TlsListen } from './rig.ts'

const run = promisify(execFile)
const curlProgram = new ServerProgram('curl', 'curl')
const opensslProgram = new ServerProgram('openssl', 'openssl')

beforeAll(async () => {
  await certificates()
})

async function listening(options: PlaceOptions = {}, listen: Partial<TlsListen> = {}): Promise<Place> {
  const { authority } = await certificates()
  return await Place.start({ tls: { listen: { authority, ...listen } }, ...options })
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

/** A plain HTTP server that answers each request alike. */
async function web(): Promise<Upstream> {
  return await Upstream.start((peer) => {
    peer.socket.on('data', () => peer.write(ANSWER))
    peer.socket.on('end', () => peer.end())
  })
}

describe('HTTP over TLS', () => {
  test('is HTTP: exchanges, fields, and faults on them', async () => {
    await using server = await web()
    await using place = await listening({ to: server, protocol: 'http', http: { forwardedFor: true } })
    using peer = await place.secured({ ALPNProtocols: ['h2', 'http/1.1'] })
    expect(peer.socket.alpnProtocol).toBe('http/1.1')
    peer.write('GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n')
    await peer.reads(ANSWER)
    const asked = (await server.peer()).text
    expect(asked).toContain('X-Forwarded-For: 127.0.0.1\r\n')
    expect(asked).toContain('X-Forwarded-Proto: https\r\n')
    await place.proxy.faults({ ...fault('http_error', { status: 503 }, { name: 'down' }), per: 'exchange' })
    peer.write('GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n')
    await eventually('the error comes', () => peer.text.includes('HTTP/1.1 503 '))
    await place.proxy.faults()
    const before = peer.text
    peer.write('GET /c HTTP/1.1\r\nHost: shop.test\r\n\r\n')
    await peer.reads(before + ANSWER)
    expect(place.rig.plane.exchanges().map(({ path, status, origin }) => [path, status, origin])).toEqual([
      ['/a', 200, 'upstream'],
      ['/b', 503, 'injected'],
      ['/c', 200, 'upstream'],
    ])
  })

  test('an exchange can be matched by the name of its TLS', async () => {
    await using server = await web()
    const named = fault('http_error', { status: 503 }, { name: 'down', match: { sni: ['bad.*'] } })
    await using place = await listening({ to: server, protocol: 'http', faults: [{ ...named, per: 'exchange' }] })
    const statuses: string[] = []
    for (const servername of ['bad.test', 'good.test']) {
      using peer = await place.secured({ servername })
      peer.write('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n')
      await eventually('the answer comes', () => peer.text.includes('\r\n\r\n'))
      statuses.push(peer.text.slice(9, 12))
    }
    expect(statuses).toEqual(['503', '200'])
  })

  test.skipIf(curlProgram.missing)(
    `curl is served, and told what is wrong with plain HTTP${curlProgram.note}`,
    async () => {
      await using server = await web()
      await using place = await listening({ to: server, protocol: 'http' })
      const folder = await mkdtemp(join(tmpdir(), 'foulweather-'))
      try {
        const ca = join(folder, 'ca.pem')
        await writeFile(ca, place.authority.cert)
        const to = `https://localhost:${place.proxy.port}/`
        const { stdout } = await run(curlProgram.path, ['-sS', '--cacert', ca, to, to])
        expect(stdout).toBe('hellohello')
        await expect(run(curlProgram.path, ['-sS', to])).rejects.toMatchObject({ code: 60 })
        const plain = await run(curlProgram.path, ['-sS', '-i', `http://localhost:${place.proxy.port}/`])
        expect(plain.stdout).toContain('the client sent plain HTTP to a TLS port')
        await place.rig.allEnded()
        expect(place.proxy.snapshot.sessions.endings).toMatchObject({ 'client:closed': 1, 'client:plain_http': 1 })
        expect(place.handshakesFailed.at(-1)).toBe('3: the client sent plain HTTP to a TLS port')
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  )

  test.skipIf(opensslProgram.missing)(`OpenSSL verifies it${opensslProgram.note}`, async () => {
    await using place = await listening()
    const folder = await mkdtemp(join(tmpdir(), 'foulweather-'))
    try {
      const ca = join(folder, 'ca.pem')
      await writeFile(ca, place.authority.cert)
      const at = ['-connect', `127.0.0.1:${place.proxy.port}`, '-servername', 'db.test', '-verify_hostname', 'db.test']
      const asked = run(opensslProgram.path, ['s_client', ...at, '-CAfile', ca, '-verify_return_error', '-brief'])
      asked.child.stdin?.end()
      expect((await asked).stderr).toContain('Verification: OK')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
