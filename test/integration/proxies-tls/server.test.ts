import { beforeAll, describe, expect, test } from 'vitest'
import { startServer, type RunningServer } from '../../../src/server.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { certificates, helloOf, secure, tlsClient } from './rig.ts'

let hello: Buffer

beforeAll(async () => {
  await certificates()
  hello = await helloOf('db.test')
})

async function call(server: RunningServer, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://${server.address}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

interface Listed {
  readonly sessions: readonly {
    readonly id: string
    readonly state: string
    readonly ending: { reason: string } | null
  }[]
}

describe('a whole server', () => {
  test('shows a handshake as such, lets it go when its fault leaves, and counts it once', async () => {
    const { authority, local } = await certificates()
    await using echo = await Upstream.echo()
    await using server = await startServer({ admin: { port: 0 }, seed: 1 })
    const made = await call(server, 'POST', '/v1/proxies', {
      name: 'edge',
      listen: '127.0.0.1:0',
      upstream: echo.address,
      tls: { listen: local },
    })
    const port = Number((made as { listen: string }).listen.split(':').at(-1))
    expect(JSON.stringify(made)).not.toContain('PRIVATE KEY')
    await call(server, 'POST', '/v1/proxies/edge/faults', { type: 'tls_stall', match: { sni: ['db.*'] } })
    using waiting = tlsClient(port, { ca: authority.cert, servername: 'db.test' })
    using lost = await Peer.connect(port)
    lost.write(hello)
    const listed = async (state = 'live'): Promise<Listed['sessions']> =>
      ((await call(server, 'GET', `/v1/sessions?state=${state}`)) as Listed).sessions
    await eventually(
      'both wait',
      async () => (await server.metrics()).includes('fault="tls_stall"') && (await listed()).length === 2,
    )
    await eventually('both have been counted', async () => /applied\S*tls_stall\S* 2$/m.test(await server.metrics()))
    expect((await listed()).map(({ state }) => state)).toEqual(['handshake', 'handshake'])
    lost.reset()
    await eventually('one has ended', async () => (await listed('ended')).length === 1)
    expect((await listed('ended'))[0]?.ending?.reason).toBe('reset')
    await call(server, 'DELETE', '/v1/proxies/edge/faults/tls_stall')
    await secure(waiting)
    await waiting.ping()
    expect((await listed()).map(({ state }) => state)).toEqual(['open'])
    using another = tlsClient(port, { ca: authority.cert, servername: 'db.test' })
    await secure(another)
    await another.ping()
    await server.close()
    expect(await another.ending()).toBe('FIN')
  })

  test('is not held up by handshakes when it closes', async () => {
    const { local } = await certificates()
    await using echo = await Upstream.echo()
    const server = await startServer({ admin: { port: 0 }, seed: 1, drainMs: 60_000 })
    const made = await call(server, 'POST', '/v1/proxies', {
      name: 'edge',
      listen: '127.0.0.1:0',
      upstream: echo.address,
      tls: { listen: local },
      proxy_protocol: { accept: true },
    })
    const port = Number((made as { listen: string }).listen.split(':').at(-1))
    const peers = await Promise.all(Array.from({ length: 50 }, () => Peer.connect(port)))
    await eventually(
      'all are there',
      async () => ((await call(server, 'GET', '/v1/sessions')) as Listed).sessions.length === 50,
    )
    await server.close()
    for (const peer of peers) expect(await peer.ending()).toMatch(/FIN|closed/)
  })
})
