import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { FoulweatherClient, FoulweatherError } from '../../../src/client/index.ts'
import { createFoulweather } from '../../../src/index.ts'
import { Peer } from '../../support/cli-peers.ts'
import { freePort } from '../../support/ports.ts'
import { eventually } from '../../support/wait.ts'
import { between, errorOf, startRig } from './rig.ts'

const DOCUMENT = {
  faults: [{ on: 'web', name: 'slow', type: 'http_latency', latency: '${delay}' }],
  vars: { delay: '1ms' },
}

describe('the client', () => {
  test('has a method for every operation of the API', async () => {
    await using rig = await startRig()
    await using detour = await between(rig)
    const { client } = detour

    expect(await client.status()).toMatchObject({ seed: 1, proxies: { total: 1 }, halted: null })
    expect((await client.faultTypes()).faultTypes.map(({ type }) => type)).toContain('latency')

    const created = await client.proxies.create({ name: 'a/b', listen: '127.0.0.1:0', upstream: 'localhost:1' })
    expect(created).toMatchObject({ name: 'a/b', protocol: 'tcp', faults: [] })
    expect(await client.proxies.get('a/b')).toEqual(created)
    expect(await client.proxies.patch('a/b', { enabled: false })).toMatchObject({ enabled: false })
    expect((await client.proxies.list()).map(({ name }) => name)).toEqual(['a/b', 'web'])
    await client.proxies.delete('a/b')

    const faults = client.faults('web')
    expect(await faults.add({ type: 'noop', name: 'n', lease: '1h' })).toMatchObject({ lease: 3_600_000 })
    expect(await faults.renew('n')).toMatchObject({ name: 'n' })
    expect(await faults.update('n', { probability: 0.5 })).toMatchObject({ probability: 0.5 })
    expect(await faults.get('n')).toMatchObject({ type: 'noop', probability: 0.5 })
    expect(await faults.list()).toHaveLength(1)
    await faults.remove('n')
    expect(await faults.list()).toEqual([])

    expect(await client.validate({ faults: [{ on: 'nobody', type: 'noop' }] })).toMatchObject({
      valid: false,
      problems: [{ field: 'faults[0].on' }],
    })
    expect(await client.profiles.put('slow', DOCUMENT)).toMatchObject({ name: 'slow', state: 'inactive' })
    expect(await client.diff('slow', { vars: { delay: '2ms' } })).toMatchObject([
      { action: 'create', proxy: 'web', fault: 'slow' },
    ])
    expect(await client.profiles.activate('slow', { lease: '1h', vars: { delay: '2ms' } })).toMatchObject({
      state: 'active',
      vars: { delay: '2ms' },
    })
    expect(await client.profiles.renew('slow')).toMatchObject({ lease: 3_600_000 })
    expect(await client.export()).toMatchObject({ proxies: { web: {} } })
    expect(await client.profiles.deactivate('slow')).toMatchObject({ state: 'inactive' })
    expect(JSON.parse(await client.profiles.text('slow'))).toEqual(DOCUMENT)
    expect(await client.profiles.get('slow')).toMatchObject({ faults: 1 })
    expect(await client.profiles.list()).toHaveLength(1)
    expect(await client.profiles.reload()).toEqual({ changed: [], failed: [], removed: [] })
    await client.profiles.delete('slow')

    expect(await client.halt({ reason: 'enough' })).toMatchObject({ faults_removed: 0 })
    expect(await client.halted()).toMatchObject({ halted: true, reason: 'enough' })
    expect(await client.resume()).toMatchObject({ halted: false })
    await client.reset()

    expect(await client.decisions({ proxy: 'web', limit: 5 })).toMatchObject({ total: 0 })
    expect(await client.exchanges({ proxy: 'web', status: '5xx,none' })).toMatchObject({ total: 0, exchanges: [] })
    const { entries } = await client.audit({ action: ['fault-*'], proxy: 'web', limit: 3 })
    expect(entries).toHaveLength(3)

    const socket = connect(rig.web.port, rig.web.host)
    const [session] = await eventually('the session is there', async () => {
      const { sessions } = await client.sessions.list({ proxy: 'web' })
      return sessions.length > 0 && sessions
    })
    expect(await client.sessions.get(session?.id ?? '')).toMatchObject({ proxy: 'web', ordinal: 1 })
    const reset = new Promise((resolve) => socket.resume().on('error', resolve))
    await client.sessions.reset(session?.id ?? '')
    expect(await reset).toMatchObject({ code: 'ECONNRESET' })

    await using events = client.events()
    await events.opened()
    await events.return()
    expect(await client.metrics()).toContain('foulweather_')

    const { paths } = (await (await fetch(`${rig.url}/openapi.json`)).json()) as { paths: Record<string, object> }
    const operations = Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })))
    expect(operations.length).toBeGreaterThan(30)
    await eventually('the stream is over', async () => (await detour.calls()).includes('GET /v1/events'))
    const called = await detour.calls()
    const left = operations.filter(({ method, path }) => {
      const pattern = new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+')}$`)
      return !called.some((call) => pattern.test(call))
    })
    expect(left).toEqual([])
  })

  test('says who asks, why, and what it believes is there', async () => {
    await using foulweather = await createFoulweather({
      admin: { port: 0, token: 's3cret-s3cret-s3cret' },
    })
    const url = `${foulweather.address}`
    const client = new FoulweatherClient({ url, token: 's3cret-s3cret-s3cret', reason: 'Prüfung ☂' })
    expect(client.url).toBe(`http://${url}`)
    const { revision } = await client.proxies.create({ name: 'p', listen: '127.0.0.1:0', upstream: 'localhost:1' })
    const changed = await client.proxies.patch('p', { upstream: 'localhost:2' }, { ifMatch: revision, reason: 'moved' })
    expect(await errorOf(client.proxies.delete('p', { ifMatch: revision }))).toMatchObject({
      status: 412,
      code: 'precondition_failed',
    })
    await client.proxies.delete('p', { ifMatch: changed.revision })
    const { entries } = await client.audit()
    expect(entries.map(({ action, reason }) => [action, reason])).toEqual([
      ['proxy-created', 'Prüfung ☂'],
      ['proxy-updated', 'moved'],
      ['proxy-deleted', 'Prüfung ☂'],
    ])
    expect(await errorOf(new FoulweatherClient({ url }).status())).toMatchObject({ status: 401, code: 'unauthorized' })
  })

  test('says what to do where nobody is there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const error = await errorOf(new FoulweatherClient({ url }).status())
    expect(error).toBeInstanceOf(FoulweatherError)
    expect(error).toMatchObject({
      code: 'unreachable',
      message: `Cannot reach ${url}: connection refused. Is \`foulweather serve\` running?`,
    })
    expect(await errorOf(new FoulweatherClient({ url: 'http://no-such-host.invalid:1' }).status())).toMatchObject({
      message: expect.stringMatching(/^Cannot reach .+ Start `foulweather serve`, or give the client the `url` /),
    })
    expect(() => new FoulweatherClient({ url: 'ftp://x' })).toThrow(
      /url is "ftp:\/\/x", expected .* http:\/\/HOST:PORT/,
    )
  })

  test('gives up where no answer comes, or whoever calls does', async () => {
    await using deaf = await Peer.open(() => {})
    const client = new FoulweatherClient({ url: deaf.address, timeoutMs: 50 })
    expect(await errorOf(client.status())).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('no answer within 0.05 s.'),
    })
    const given = new AbortController()
    const call = client.status({ signal: given.signal, timeoutMs: 60_000 })
    given.abort(new Error('enough'))
    expect(await errorOf(call)).toMatchObject({ message: 'enough' })
  })

  test('tells another server from an admin API', async () => {
    await using other = await Peer.open((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nIt works!'))
    })
    const error = await errorOf(new FoulweatherClient({ url: other.address }).status())
    expect(error).toMatchObject({ message: expect.stringContaining('did not answer as an admin API does') })
  })

  test('tells what is no HTTP from an admin API', async () => {
    await using echo = await Peer.echo()
    const error = await errorOf(new FoulweatherClient({ url: echo.address }).status())
    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(
        `Cannot reach http://${echo.address}: the answer is not HTTP. Is this an admin API? `,
      ),
    })
  })

  test.each([
    [{ token: 'secret\n' }, 'token'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Infinity }, 'timeoutMs'],
  ])('refuses %o before anything is asked', (options, field) => {
    const make = () => new FoulweatherClient(options)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_value', field }))
    expect(make).not.toThrow('secret')
  })

  test('does not take a call that cannot be made for a server that cannot be reached', async () => {
    await using rig = await startRig()
    const { client, web } = rig
    expect(await errorOf(client.fault(web.name, { type: 'noop' }, { reason: 'a\nb' }))).toMatchObject({
      code: 'invalid_value',
      field: 'reason',
      message: 'reason has the control character "\\n", expected one line of text',
    })
    expect(await errorOf(client.status({ timeoutMs: -1 }))).toMatchObject({ code: 'invalid_value', field: 'timeoutMs' })
    expect(rig.faults()).toEqual([])
  })

  test('passes on what the server says, word for word', async () => {
    await using rig = await startRig()
    const proxies = rig.client.proxies
    const error = await errorOf(proxies.create({ name: 'raw', upstream: 'x:1', http: { tell: true } }))
    expect(error).toMatchObject({
      code: 'invalid_value',
      field: 'http.tell',
      message:
        'POST /v1/proxies: HTTP 400 invalid_value: http.tell: the proxy has protocol tcp; expected nothing, or protocol http',
    })
    expect(await errorOf(proxies.get('nobody'))).toMatchObject({ status: 404, code: 'proxy_not_found' })
    expect(await errorOf(rig.client.profiles.put('bad', 'faults: [{on: web, type: latancy}, {on: 3}]'))).toMatchObject({
      code: 'invalid_profile',
      problems: expect.arrayContaining([expect.objectContaining({ line: 1, column: expect.any(Number) })]),
    })
  })
})
