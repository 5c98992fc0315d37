import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, FoulweatherProcess, TOXIPROXY_SERVER } from '../../support/cli-process.ts'
import { echoed, Peer } from '../../support/cli-peers.ts'

function start(...argv: readonly string[]): Promise<FoulweatherProcess> {
  return FoulweatherProcess.start({ script: TOXIPROXY_SERVER, argv })
}

test.each(['-version', '--version', '-version=true'])('%s prints the compatible version', async (flag) => {
  const ran = await run([flag], {}, TOXIPROXY_SERVER)
  expect(ran).toEqual({ code: 0, stdout: 'toxiproxy-server version 2.12.0\n', stderr: '' })
})

test.each(['-h', '--help'])('%s prints the usage on stderr', async (flag) => {
  const { code, stdout, stderr } = await run([flag], {}, TOXIPROXY_SERVER)
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(stderr).toMatch(/^Usage of toxiproxy-server:\n {2}-config string\n/)
})

test('an unknown flag is named, with the usage, and exit code 2', async () => {
  const { code, stdout, stderr } = await run(['-verbose'], {}, TOXIPROXY_SERVER)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^flag provided but not defined: -verbose\nUsage of toxiproxy-server:\n/)
})

test.each([['-port', 'http'], ['-port=99999']])('a port that is none is named: %s %s', async (...argv) => {
  const { code, stderr } = await run(argv, {}, TOXIPROXY_SERVER)
  expect(code).toBe(2)
  expect(stderr).toMatch(/^toxiproxy-server: expected a port .*\n$/)
})

test('it starts with one or two dashes, a config file and a seed, ignores positional arguments, and stops on SIGTERM', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  await using echo = await Peer.echo()
  const config = join(directory, 'toxiproxy.json')
  await writeFile(config, JSON.stringify([{ name: 'p', listen: '127.0.0.1:0', upstream: echo.address }]))
  await using server = await start(
    '--host',
    'localhost',
    '-port=0',
    '-config',
    config,
    '-seed=5',
    'ignored',
    '-nonsense',
  )
  await rm(directory, { recursive: true })
  expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/)
  expect(await server.logged('Starting foulweather')).toMatchObject({ seed: 5 })
  const { p } = (await (await server.fetch('/proxies')).json()) as { p: { listen: string } }
  expect(await echoed(p.listen, 'hello')).toBe('hello')
  expect((await server.stop('SIGTERM')).code).toBe(0)
})

test('a config file that is not there is an error line, and it starts', async () => {
  await using server = await start('-port', '0', '-config', '/nonexistent/toxiproxy.json')
  expect(server.log).toContainEqual(expect.objectContaining({ level: 'error', config: '/nonexistent/toxiproxy.json' }))
  expect((await server.fetch('/version')).status).toBe(200)
})

test('there are no metrics unless a flag asks for them', async () => {
  await using server = await start('-port', '0')
  expect((await server.fetch('/metrics')).status).toBe(404)
})

test('each metrics flag shows its own part', async () => {
  await using proxies = await start('-port', '0', '-proxy-metrics')
  const ofProxies = await (await proxies.fetch('/metrics')).text()
  expect(ofProxies).toContain('# TYPE toxiproxy_proxy_received_bytes_total counter')
  expect(ofProxies).not.toContain('process_')
  await using runtime = await start('-port', '0', '--runtime-metrics=true')
  const ofProcess = await (await runtime.fetch('/metrics')).text()
  expect(ofProcess).toContain('process_cpu_seconds_total')
  expect(ofProcess).not.toContain('toxiproxy_')
})

test('an API port that is taken ends it with one line and exit code 1', async () => {
  await using first = await start('-port', '0')
  const port = first.address.split(':')[1] ?? ''
  const { code, stderr } = await run(['-port', port], {}, TOXIPROXY_SERVER)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^toxiproxy-server: cannot open the admin API at localhost:\d+: .*address already in use\n$/)
})
