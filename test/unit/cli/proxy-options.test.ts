import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ran, runHere } from '../../support/cli-context.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { type Pair, testCertificates } from '../../support/test-certificates.ts'

let server: Foulweather
let one: Pair
let directory: string
beforeAll(async () => {
  server = await Foulweather.start()
  ;({ one } = await testCertificates())
  directory = await mkdtemp(join(tmpdir(), 'foulweather-cli-'))
  await writeFile(file('cert.pem'), one.cert)
  await writeFile(file('key.pem'), one.key)
  await writeFile(file('page.html'), '<p>é</p>')
  await writeFile(file('page.bin'), Buffer.from([0xff, 0]))
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const file = (name: string): string => join(directory, name)

function run(...argv: readonly string[]): Promise<Ran> {
  return runHere(argv, { env: { FOULWEATHER_URL: server.url } })
}

let proxies = 0

/** What the server has of a new proxy. */
async function created(...options: readonly string[]): Promise<unknown> {
  const name = `p${++proxies}`
  const { code, stderr } = await run('create', name, '--disabled', '-l', '127.0.0.1:0', ...options)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return server.call('GET', `/v1/proxies/${name}`)
}

test('a proxy is of tcp, started, and has nothing else, unless something else is said', async () => {
  expect(await run('create', 'plain', '-l', '127.0.0.1:0', '-u', 'u:1')).toEqual({
    code: 0,
    stdout: 'Created new proxy plain\n',
    stderr: '',
  })
  expect(await server.call('GET', '/v1/proxies/plain')).toEqual({
    name: 'plain',
    owner: 'api',
    revision: expect.any(Number) as number,
    listen: expect.any(String) as string,
    upstream: 'u:1',
    enabled: true,
    protocol: 'tcp',
    faults: [],
  })
})

test('options of HTTP', async () => {
  const flags =
    '--lenient --host-header upstream --forwarded-for --header-faults --tell --max-head 32KiB --max-headers 9'
  expect(await created('-u', 'u:1', '--protocol', 'http', ...flags.split(' '))).toMatchObject({
    enabled: false,
    protocol: 'http',
    http: {
      lenient: true,
      host: 'upstream',
      forwarded_for: true,
      header_faults: true,
      tell: true,
      max_head: 32_768,
      max_headers: 9,
    },
  })
})

test('TLS to the upstream, with files that are read here', async () => {
  expect(await created('-u', 'https://h')).toMatchObject({ upstream: 'h:443', protocol: 'http', tls: { upstream: {} } })
  expect(await created('-u', 'h:1', '--tls-upstream')).toMatchObject({ protocol: 'tcp', tls: { upstream: {} } })
  const flags = ['--tls-upstream-name', 'a.test', '--tls-upstream-insecure', '--tls-upstream-alpn', 'x']
  const files = ['--tls-upstream-cert', file('cert.pem'), '--tls-upstream-key', file('key.pem')]
  const ca = ['--tls-upstream-ca', file('cert.pem')]
  expect(await created('-u', 'h:1', ...flags, '--tls-upstream-alpn', 'y', ...files, ...ca)).toMatchObject({
    tls: {
      upstream: {
        servername: 'a.test',
        verify: false,
        alpn: ['x', 'y'],
        cert: expect.stringContaining('one.test') as string,
        key: '(set)',
        ca: expect.stringContaining('one.test') as string,
      },
    },
  })
})

test('TLS to clients, and the addresses of clients', async () => {
  const files = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem'), '--tls-client-ca', file('cert.pem')]
  expect(await created('-u', 'h:1', ...files, '--tls-alpn', 'x')).toMatchObject({
    tls: { listen: { cert: expect.stringContaining('one.test') as string, key: '(set)', alpn: ['x'] } },
  })
  expect(
    await created('-u', 'h:1', '--tls-peek', '--accept-proxy-protocol', '--send-proxy-protocol', 'v2'),
  ).toMatchObject({ tls: { peek: true }, proxy_protocol: { accept: true, send: 'v2' } })
})

test.each<[readonly string[], number, string]>([
  [['--tls-cert', 'cert.pem'], 2, '--tls-cert needs --tls-key beside it'],
  [['--tls-upstream-key', 'key.pem'], 2, '--tls-upstream-key needs --tls-upstream-cert beside it'],
  [['--tls-client-ca', 'none.pem'], 1, 'Failed to create proxy: --tls-client-ca: ENOENT: no such file or directory'],
  [['--protocol', 'udp'], 2, 'Allowed choices are tcp, http.'],
  [['--send-proxy-protocol', 'v3'], 2, 'Allowed choices are v1, v2.'],
  [['--tell'], 1, 'Failed to create proxy: HTTP 400: http.tell: the proxy has protocol tcp'],
])('%j is refused', async (options, code, text) => {
  const flags = options.map((word) => (word.endsWith('.pem') ? file(word) : word))
  const ran = await run('create', 'refused', '-l', '127.0.0.1:0', '-u', 'u:1', ...flags)
  expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) as string })
})

test('the protocol is listed, and shown to people', async () => {
  const pem = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')]
  await run('create', 'web', '-l', '127.0.0.1:0', '-u', 'https://h', ...pem)
  const rows = (await run('list')).stdout.split('\n').map((row) => row.split('\t'))
  expect(rows.find(([name]) => name === 'web')?.slice(2)).toEqual([
    'h:443',
    'enabled',
    '0',
    'http, tls to clients and upstream',
    'api',
  ])
  const { stdout } = await runHere(['inspect', 'web'], {
    terminal: true,
    env: { FOULWEATHER_URL: server.url, NO_COLOR: '1' },
  })
  expect(stdout).toMatch(/^web {2}listen \S+ {2}upstream h:443 {2}protocol http, tls to clients and upstream\n/)
})

test('what says which exchanges are meant is typed as other fields are', async () => {
  await run('create', 'http', '-l', '127.0.0.1:0', '-u', 'http://h')
  const flags = [
    ['--match', 'path=/api/*,/v2/*,method=get,status=5xx,429,headers.X-User-Id=b*,headers.x-canary=,query.page_no=1'],
    ['--exclude', 'path=/api/health'],
    ['--count', 'skip=1,max=5'],
    ['--sticky-by', 'header:X-User-Id'],
    ['--outcomes', '[{"weight": 1, "status": 500}, {"weight": 3, "pass": true}]'],
    ['--body-file', file('page.html')],
  ].flat()
  const { code, stdout, stderr } = await run(
    'fault',
    'add',
    'http',
    'http_error',
    '--status',
    '503',
    ...flags,
    '--json',
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({
    status: 503,
    body: '<p>é</p>',
    per: 'exchange',
    match: {
      path: ['/api/*', '/v2/*'],
      method: ['GET'],
      status: ['5xx', 429],
      headers: { 'x-user-id': 'b*', 'x-canary': null },
      query: { page_no: '1' },
    },
    exclude: { path: ['/api/health'] },
    count: { skip: 1, max: 5 },
    sticky_by: 'header:x-user-id',
    outcomes: [
      { weight: 1, status: 500 },
      { weight: 3, pass: true },
    ],
  })
  const updated = await run('fault', 'update', 'http', 'http_error', '--count', 'none', '--body-file', file('page.bin'))
  expect(updated).toMatchObject({ code: 0, stderr: '' })
  expect(updated.stdout).toContain('sticky by header:x-user-id, 2 outcomes')
  const after = (await server.call('GET', '/v1/proxies/http/faults/http_error')) as object
  expect(after).toMatchObject({ body_base64: '/wA=' })
  expect(after).not.toHaveProperty('count')
  expect(await run('fault', 'update', 'http', 'http_error', '--body-file', file('none'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ENOENT') as string,
  })
})

const help = async (type: string): Promise<string> => (await run('fault', 'add', type, '--help')).stdout

test('help has what the type can do', async () => {
  const [onBytes, onConnections, onExchanges] = [await help('latency'), await help('hang'), await help('http_error')]
  for (const flag of ['--part', '--exclude', '--count', '--sticky-by', '--outcomes', '--existing']) {
    expect(onBytes).toContain(`  ${flag} `)
    expect(onConnections.includes(`  ${flag} `)).toBe(flag === '--existing')
    expect(onExchanges.includes(`  ${flag} `)).toBe(flag !== '--existing' && flag !== '--part')
  }
  expect(onExchanges).toContain('  --body-file <file> ')
  expect(onConnections).toContain('sni=…')
  expect(onConnections).not.toContain('path=…')
})
