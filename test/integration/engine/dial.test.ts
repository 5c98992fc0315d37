import dns from 'node:dns'
import { mkdtemp, rm, stat, symlink, writeFile, readFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EngineRig, refusal } from '../../support/engine-rig.ts'
import { HangingUpstream } from '../../support/peers-hanging.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { eventually } from '../../support/wait.ts'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

describe('an upstream that cannot be reached', () => {
  test('and refuses closes the client in an orderly way', async () => {
    const port = await freePort()
    await using rig = new EngineRig()
    const failed: string[] = []
    rig.plane.events.on('dial-failed', ({ error }) => failed.push(error))
    const proxy = await rig.proxy(`127.0.0.1:${port}`)
    using client = await proxy.connect()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('upstream:dial_failed')
    expect(rig.ended[0]).toMatchObject({ upstreamAddress: null, state: 'ended' })
    expect(failed).toEqual([`connect ECONNREFUSED 127.0.0.1:${port}`])
    expect(proxy.snapshot.sessions).toEqual({ total: 1, active: 0, endings: { 'upstream:dial_failed': 1 } })
  })

  test('because its name is not known does so too', async () => {
    await using rig = new EngineRig()
    const proxy = await rig.proxy('name.invalid:80')
    using client = await proxy.connect()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('upstream:dial_failed')
  })

  test.each(['no-port', '127.0.0.1:99999', '127.0.0.1:', 'http://127.0.0.1:80', 'unix:', 'unix:/no/such/file'])(
    'because it is %j does so too, at dial time',
    async (upstream) => {
      await using rig = new EngineRig()
      const proxy = await rig.proxy(upstream)
      using client = await proxy.connect()
      expect(await client.ending()).toBe('FIN')
      expect(await rig.ending()).toBe('upstream:dial_failed')
    },
  )

  /** Node throws for some texts instead of telling later; nobody caught that, and one connection ended the process. */
  test('whatever text it is, fails the session and nothing else', async () => {
    await using rig = new EngineRig({ dialTimeoutMs: 500 })
    const unit = fc.constantFrom('\0', ':', '[', ']', '/', '%', ' ', '1', '.', '\u{1f327}', '\ud800')
    const texts = [
      'a\0b:80',
      '\0:1',
      'unix:a\0b',
      '[a\0]:1',
      ...fc.sample(fc.string({ unit, minLength: 1 }), { numRuns: 40, seed: 7 }),
    ]
    for (const [index, text] of texts.entries()) {
      const proxy = await rig.proxy(text, { name: `p${index}` })
      using client = await proxy.connect()
      await eventually(`a session to ${JSON.stringify(text)} ends`, () => client.ended || client.closed)
      await proxy.remove()
    }
    await rig.allEnded()
    expect(new Set(rig.ended.map(({ ending }) => ending?.origin))).toEqual(new Set(['upstream']))
  })
})

/** The name `db.test` resolves to what `answers` says, one after the other, the last one for ever. */
function resolving(...answers: readonly string[]): void {
  let asked = 0
  const real = dns.lookup
  const lookup = (name: string, options: object, done: (error: null, all: dns.LookupAddress[]) => void): void => {
    if (name !== 'db.test') return void Reflect.apply(real, dns, [name, options, done])
    const address = answers[Math.min(asked++, answers.length - 1)] ?? ''
    process.nextTick(done, null, [{ address, family: 4 }])
  }
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as typeof dns.lookup)
  syncBuiltinESMExports()
}

describe('an upstream that does not answer', () => {
  test('is given up after the dial timeout', async () => {
    await using hanging = await HangingUpstream.start()
    await using rig = new EngineRig({ dialTimeoutMs: 300 })
    const proxy = await rig.proxy(hanging)
    const began = performance.now()
    using client = await proxy.connect()
    await eventually('it dials', () => proxy.sessions()[0]?.state === 'dialing')
    expect(await client.ending()).toBe('FIN')
    expect(performance.now() - began).toBeGreaterThanOrEqual(295)
    expect(await rig.ending()).toBe('upstream:dial_timeout')
  })

  test('delays no other session of its proxy, and no change to it', async () => {
    await using hanging = await HangingUpstream.start()
    await using echo = await Upstream.echo({ host: '127.0.0.2', port: hanging.port })
    await using rig = new EngineRig({ dialTimeoutMs: 60_000 })
    resolving('127.0.0.1', '127.0.0.2')
    const proxy = await rig.proxy(`db.test:${hanging.port}`)
    using stuck = await proxy.connect()
    await eventually('the first one dials', () => proxy.sessions()[0]?.state === 'dialing')
    for (let other = 0; other < 5; other++) {
      using client = await proxy.connect()
      await client.ping()
    }
    expect(echo.peers).toHaveLength(5)
    expect(proxy.sessions().map(({ state }) => state)).toContain('dialing')
    await proxy.change({ enabled: false })
    expect(await stuck.ending()).toBe('FIN')
    await rig.allEnded()
    expect(rig.ended.at(-1)?.ending).toMatchObject({ origin: 'proxy', reason: 'disabled' })
  })

  /** A reset waited for the connect, which may take two minutes to fail: the session stayed `closing` all that time. */
  test('does not keep a session from being killed', async () => {
    await using hanging = await HangingUpstream.start()
    await using rig = new EngineRig({ dialTimeoutMs: 60_000 })
    const proxy = await rig.proxy(hanging)
    using client = await proxy.connect()
    const session = await eventually('it dials', () => proxy.sessions()[0])
    expect(rig.plane.kill(session.id)).toBe(true)
    expect(await client.ending()).toBe('ECONNRESET')
    expect(await rig.ending()).toBe('proxy:killed')
    expect(rig.plane.kill(session.id)).toBe(false)
  })
})

test('a name is resolved for every session', async () => {
  await using one = await Upstream.start((peer) => peer.write('one'))
  await using two = await Upstream.start((peer) => peer.write('two'), { host: '127.0.0.2', port: one.port })
  await using rig = new EngineRig()
  resolving('127.0.0.1', '127.0.0.2')
  const proxy = await rig.proxy(`db.test:${one.port}`)
  using first = await proxy.connect()
  await first.reads('one')
  using second = await proxy.connect()
  await second.reads('two')
  expect(two.peers).toHaveLength(1)
  expect(proxy.sessions().map((session) => session.upstreamAddress)).toEqual([
    `127.0.0.1:${one.port}`,
    `127.0.0.2:${one.port}`,
  ])
})

describe.skipIf(!hasIpv6)(`IPv6${hasIpv6 ? '' : ' (skipped: this machine has no ::1)'}`, () => {
  test('as upstream and as listen address', async () => {
    await using echo = await Upstream.echo({ host: '::1', port: 0 })
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { listen: '[::1]:0' })
    expect(proxy.listen).toBe(`[::1]:${proxy.port}`)
    using client = await Peer.connect({ host: '::1', port: proxy.port })
    await client.ping()
    expect(proxy.sessions()).toMatchObject([{ client: `[::1]:${client.port}`, upstreamAddress: `[::1]:${echo.port}` }])
  })

  test('every interface serves both families', async () => {
    await using echo = await Upstream.echo()
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { listen: ':0' })
    expect(proxy.listen).toBe(`[::]:${proxy.port}`)
    for (const host of ['127.0.0.1', '::1']) {
      using client = await Peer.connect({ host, port: proxy.port })
      await client.ping()
    }
  })
})

async function directory(): Promise<AsyncDisposable & { readonly path: (name: string) => string }> {
  const made = await mkdtemp(join(tmpdir(), 'foulweather-'))
  return {
    path: (name) => join(made, name),
    [Symbol.asyncDispose]: () => rm(made, { recursive: true, force: true }),
  }
}

describe('socket files', () => {
  test('serve as listen address and as upstream, and go with their proxy', async () => {
    await using files = await directory()
    await using echo = await Upstream.echo({ path: files.path('up') })
    await using rig = new EngineRig()
    const proxy = await rig.proxy(echo, { listen: `unix:${files.path('down')}` })
    expect(proxy.listen).toBe(`unix:${files.path('down')}`)
    using client = await Peer.connect({ path: files.path('down') })
    await client.ping()
    expect(proxy.sessions()).toMatchObject([{ client: 'unix', upstreamAddress: 'unix', state: 'open' }])
    client.end()
    await eventually('the end comes back', () => client.ended)
    expect(await rig.ending()).toBe('client:closed')
    await proxy.remove()
    await expect(stat(files.path('down'))).rejects.toThrow('ENOENT')
  })

  test('know no reset: they are closed', async () => {
    await using files = await directory()
    await using upstream = await Upstream.start()
    await using rig = new EngineRig()
    await rig.proxy(upstream, { listen: `unix:${files.path('x')}` })
    using client = await Peer.connect({ path: files.path('x') })
    ;(await upstream.peer()).reset()
    expect(await client.ending()).toBe('FIN')
    expect(await rig.ending()).toBe('upstream:reset')
  })

  test('a stale one is taken over, one that somebody listens on is refused', async () => {
    await using files = await directory()
    const path = files.path('x')
    await using rig = new EngineRig()
    await leaveStaleSocket(path)
    await rig.proxy('127.0.0.1:1', { name: 'first', listen: `unix:${path}` })
    const [second] = await rig.plane.apply({
      put: [
        { name: 'second', listen: `unix:${path}`, upstream: '127.0.0.1:1', enabled: true, protocol: 'tcp', faults: [] },
      ],
    })
    if (second === undefined) throw new Error('no outcome')
    expect(second.running).toBe(false)
    expect(refusal(second)).toBe(`listen unix ${path}: bind: address already in use`)
    using client = await Peer.connect({ path })
    expect(await client.ending()).toBe('FIN')
  })

  /** Connecting to a plain file is refused like connecting to a stale socket: a listen address with a slip in it deleted the file. */
  test('another kind of file in that place is refused, and left alone', async () => {
    await using files = await directory()
    const path = files.path('precious')
    await writeFile(path, 'data')
    await symlink(path, files.path('link'))
    await using rig = new EngineRig()
    for (const place of [path, files.path('link'), files.path('.')]) {
      await expect(rig.proxy('127.0.0.1:1', { listen: `unix:${place}` })).rejects.toMatchObject({
        code: 'listen_failed',
        message: `listen unix ${place}: bind: address already in use`,
      })
    }
    expect(await readFile(path, 'utf8')).toBe('data')
  })

  test.each([
    ['/no/such/directory/x', 'no such file or directory'],
    [`/tmp/${'x'.repeat(200)}`, 'invalid argument'],
  ])('%s is refused', async (path, why) => {
    await using rig = new EngineRig()
    await expect(rig.proxy('127.0.0.1:1', { listen: `unix:${path}` })).rejects.toMatchObject({
      code: 'listen_failed',
      message: `listen unix ${path}: bind: ${why}`,
    })
  })
})

/** A socket file whose process has died without cleaning up. */
async function leaveStaleSocket(path: string): Promise<void> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await promisify(execFile)(process.execPath, ['-e', script]).catch(() => {})
  expect((await stat(path)).isSocket()).toBe(true)
}
