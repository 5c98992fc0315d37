import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VERSION } from '../../../src/version.ts'
import { run, FoulweatherProcess } from '../../support/cli-process.ts'
import { dial, echoed, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
})

afterAll(() => rm(directory, { recursive: true }))

async function configFile(name: string, content: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

test('the log is one JSON object per line, with version and seed at the start', async () => {
  await using server = await FoulweatherProcess.start({ argv: ['--seed', '42'] })
  const [starting, listening] = server.log
  expect(starting).toMatchObject({ level: 'info', message: 'Starting foulweather', version: VERSION, seed: 42 })
  expect(listening).toMatchObject({ level: 'info', message: 'Admin API listening', address: server.address })
  for (const { time } of server.log) expect(new Date(time).toISOString()).toBe(time)
  expect(await (await server.fetch('/v1/status')).json()).toMatchObject({ seed: 42 })
})

test('without a seed each start has one of its own', async () => {
  await using first = await FoulweatherProcess.start()
  await using second = await FoulweatherProcess.start()
  const seeds = [first, second].map(({ log }) => log[0]?.['seed'])
  expect(seeds).toEqual([expect.any(Number), expect.any(Number)])
  expect(seeds[0]).not.toBe(seeds[1])
})

test('changes are logged with what was before and after; bytes of connections never are', async () => {
  await using echo = await Peer.echo()
  await using server = await FoulweatherProcess.start({ argv: ['--log-level', 'trace'] })
  await server.ok('create', 'p', '-l', '127.0.0.1:0', '-u', echo.address)
  await server.ok('toxic', 'add', 'p', '-t', 'latency', '-a', 'latency=1')
  const { listen } = (await (await server.fetch('/proxies/p')).json()) as { listen: string }
  expect(await echoed(listen, 'top-secret-payload')).toBe('top-secret-payload')
  const ended = await server.logged('Session ended')
  expect(ended).toMatchObject({
    level: 'debug',
    proxy: 'p',
    origin: 'client',
    bytes: { upstream: { received: 18, sent: 18 }, downstream: { received: 18, sent: 18 } },
  })
  expect(server.log.filter(({ message }) => message === 'Changed')).toMatchObject([
    { action: 'proxy-created', proxy: 'p', before: null, after: { name: 'p', enabled: true } },
    { action: 'fault-added', proxy: 'p', fault: 'latency_downstream', before: null, after: { latency: 1 } },
  ])
  expect(server.output).not.toContain('secret')
})

test('an upstream that cannot be connected to is logged as an error', async () => {
  await using server = await FoulweatherProcess.start()
  await server.ok('create', 'p', '-l', '127.0.0.1:0', '-u', '127.0.0.1:1')
  const { listen } = (await (await server.fetch('/proxies/p')).json()) as { listen: string }
  expect(await echoed(listen, 'x')).toBe('')
  expect(await server.logged('Unable to open connection to upstream')).toMatchObject({
    level: 'error',
    proxy: 'p',
    upstream: '127.0.0.1:1',
    error: expect.stringContaining('ECONNREFUSED'),
  })
})

test('LOG_LEVEL sets the level, and --log-level wins over it', async () => {
  await using debug = await FoulweatherProcess.start({ env: { LOG_LEVEL: 'debug' } })
  await debug.fetch('/version')
  await debug.logged('Request')
  await using info = await FoulweatherProcess.start({ env: { LOG_LEVEL: 'debug' }, argv: ['--log-level', 'info'] })
  await info.fetch('/version')
  await info.stop()
  expect(info.log.map(({ level }) => level)).not.toContain('debug')
})

test('an unknown LOG_LEVEL is an error line that names it, and the default holds', async () => {
  await using server = await FoulweatherProcess.start({ env: { LOG_LEVEL: 'loud' } })
  expect(server.log[0]).toMatchObject({ level: 'error', LOG_LEVEL: 'loud', message: expect.stringContaining('"loud"') })
  expect(server.log[1]).toMatchObject({ level: 'info', message: 'Starting foulweather' })
})

test('an admin port that is taken ends the start with one line on stderr', async () => {
  await using first = await FoulweatherProcess.start()
  const { code, stdout, stderr } = await run(['serve', '--admin', first.address])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^foulweather: cannot open the admin API at 127\.0\.0\.1:\d+: .*address already in use\n$/)
  expect(stdout).not.toContain('Admin API listening')
})

test('an open admin API without a token is warned about, one with a token is not', async () => {
  await using open = await FoulweatherProcess.start({ argv: ['--admin', ':0'] })
  expect(open.log).toContainEqual(
    expect.objectContaining({ level: 'warn', message: expect.stringContaining('--token') }),
  )
  await using guarded = await FoulweatherProcess.start({ argv: ['--admin', ':0', '--token', 'x'] })
  await using loopback = await FoulweatherProcess.start()
  for (const { log } of [guarded, loopback]) expect(log.filter(({ level }) => level === 'warn')).toEqual([])
})

test('foreign host names are refused unless they are allowed', async () => {
  await using server = await FoulweatherProcess.start({
    argv: ['--allow-host', 'chaos.example.com'],
    env: { FOULWEATHER_ALLOW_HOSTS: 'a.example.com, b.example.com' },
  })
  for (const host of ['chaos.example.com', 'a.example.com', 'b.example.com', 'localhost']) {
    expect(await rawStatus(server.address, host)).toBe('200')
  }
  expect(await rawStatus(server.address, 'evil.example.com')).toBe('403')
})

test('proxies of a config file are there before the admin API is', async () => {
  await using echo = await Peer.echo()
  const config = await configFile(
    'good.json',
    JSON.stringify([
      { name: 'one', listen: '127.0.0.1:0', upstream: echo.address },
      { Name: 'two', Listen: '127.0.0.1:0', Upstream: echo.address, Enabled: false },
    ]),
  )
  await using server = await FoulweatherProcess.start({ argv: ['--config', config, '--strict-config'] })
  const messages = server.log.map(({ message }) => message)
  expect(messages.indexOf('Read the config file')).toBeLessThan(messages.indexOf('Admin API listening'))
  const rows = (await server.ok('list'))
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
  expect(rows.map((row) => [row[0], row[3]])).toEqual([
    ['one', 'enabled'],
    ['two', 'disabled'],
  ])
  expect(await echoed(rows[0]?.[1] ?? '', 'hello')).toBe('hello')
})

test('a config file may say the protocol of a proxy, which then knows of exchanges', async () => {
  await using echo = await Peer.echo()
  const config = await configFile(
    'http.json',
    JSON.stringify([{ name: 'web', listen: '127.0.0.1:0', upstream: echo.address, protocol: 'http' }]),
  )
  await using server = await FoulweatherProcess.start({ argv: ['--config', config, '--strict-config'] })
  await server.ok('fault', 'add', 'web', 'http_error', '--status', '503')
  const { listen } = (await (await server.fetch('/proxies/web')).json()) as { listen: string }
  expect((await fetch(`http://${listen}/`)).status).toBe(503)
})

const BAD_CONFIGS: readonly (readonly [string, string | undefined, RegExp])[] = [
  ['is not there', undefined, /ENOENT/],
  ['is not JSON', 'proxies:', /bad request body/],
  ['is not an array', '{"name":"x"}', /bad request body: json: cannot unmarshal object/],
  ['has an entry without a name', '[{"upstream":"x:1"}]', /missing required field: name at proxy 1/],
  ['has an entry that cannot listen', '[{"name":"x","listen":"203.0.113.1:1","upstream":"x:1"}]', /203\.0\.113\.1:1/],
]

test.each(BAD_CONFIGS)(
  'a config file that %s is an error line, and the server starts',
  async (what, content, reason) => {
    const config = content === undefined ? join(directory, 'absent') : await configFile(`${what}.json`, content)
    await using server = await FoulweatherProcess.start({ argv: ['--config', config] })
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ config, message: expect.stringMatching(reason) }),
    ])
    expect((await server.fetch('/version')).status).toBe(200)
  },
)

test.each(BAD_CONFIGS)('with --strict-config a config file that %s ends the start', async (what, content, reason) => {
  const config = content === undefined ? join(directory, 'absent') : await configFile(`strict ${what}.json`, content)
  const { code, stderr } = await run(['serve', '--admin', '127.0.0.1:0', '--config', config, '--strict-config'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^foulweather: cannot use the config file .*\n$/)
  expect(stderr).toContain(config)
  expect(stderr).toMatch(reason)
})

test('entries in front of one that fails are up', async () => {
  const entries = [
    { name: 'fine', listen: '127.0.0.1:0', upstream: 'x:1' },
    { name: 'bad', listen: '203.0.113.1:1', upstream: 'x:1' },
    { name: 'late', listen: '127.0.0.1:0', upstream: 'x:1' },
  ]
  const config = await configFile('partly.json', JSON.stringify(entries))
  await using server = await FoulweatherProcess.start({ argv: ['--config', config] })
  expect((await server.ok('list')).split('\n').map((line) => line.split('\t')[0])).toEqual(['fine', ''])
})

test('the buffers are those that were asked for', async () => {
  await using server = await FoulweatherProcess.start({
    argv: ['--session-buffer', '1MiB', '--process-buffer', '8MiB'],
  })
  const page = await (await server.fetch('/metrics')).text()
  expect(page).toContain(`\nfoulweather_held_bytes_limit ${8 * 2 ** 20}\n`)
  expect(page).toContain(`\nfoulweather_held_bytes_session_limit ${2 ** 20}\n`)
})

test('bytes are counted while the connection lives', async () => {
  await using echo = await Peer.echo()
  await using server = await FoulweatherProcess.start()
  await server.ok('create', 'counted', '-l', '127.0.0.1:0', '-u', echo.address)
  const { listen } = (await (await server.fetch('/proxies/counted')).json()) as { listen: string }
  const socket = await dial(listen)
  socket.write('12345')
  const place = `listener="${listen}",proxy="counted",upstream="${echo.address}"`
  await eventually('all four counters say 5', async () => {
    const response = await server.fetch('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const lines = (await response.text()).split('\n')
    return ['received', 'sent'].every((point) =>
      ['upstream', 'downstream'].every((direction) =>
        lines.includes(`toxiproxy_proxy_${point}_bytes_total{direction="${direction}",${place}} 5`),
      ),
    )
  })
  socket.destroy()
})

/** The status of `GET /version` with a Host header, which `fetch` does not let one set. */
async function rawStatus(address: string, host: string): Promise<string> {
  const socket = await dial(address)
  socket.write(`GET /version HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer.split(' ')[1] ?? ''
}
