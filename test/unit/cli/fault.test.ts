import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { flagWords } from '../../../src/cli/fault-example.ts'
import { parametersOf } from '../../../src/cli/fault-flags.ts'
import { describeFault, FAULTS, parseParams } from '../../../src/faults/index.ts'
import { type Ran, runHere } from '../../support/cli-context.ts'
import { echoed, Peer } from '../../support/cli-peers.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { testCertificates } from '../../support/test-certificates.ts'

let server: Foulweather
beforeAll(async () => {
  server = await Foulweather.start()
})
afterAll(() => server?.[Symbol.asyncDispose]())

let proxies = 0

/** The name of a proxy that nothing else uses. */
async function proxy(upstream = '127.0.0.1:1', ...options: readonly string[]): Promise<string> {
  const name = `proxy-${++proxies}`
  expect(await run('create', name, '-l', '127.0.0.1:0', '-u', upstream, ...options)).toMatchObject({ code: 0 })
  return name
}

function run(...argv: readonly string[]): Promise<Ran> {
  return runHere(argv, { env: { FOULWEATHER_URL: server.url } })
}

async function added(...argv: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run('fault', 'add', ...argv, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

test('the confirmation says what the fault is, where, and until when', async () => {
  const pg = await proxy()
  const flags = ['--latency', '250ms', '--jitter', '50', '--direction', 'downstream', '--ttl', '5m']
  expect(await run('fault', 'add', pg, 'latency', ...flags)).toEqual({
    code: 0,
    stdout: `Added fault latency_downstream to ${pg}: latency (downstream), latency 250ms, jitter 50ms; ends in 5m\n`,
    stderr: '',
  })
  expect(
    await run('fault', 'add', pg, 'noop', '--name', 'x', '--probability', '0.3', '--match', 'session.every=3'),
  ).toEqual({
    code: 0,
    stdout: `Added fault x to ${pg}: noop (downstream), for 30% of sessions, match session.every=3\n`,
    stderr: '',
  })
})

test('values are sent as they were typed, numbers as numbers, and structures from their key=value lists', async () => {
  const flags = [
    '--name=all --latency 1.5s --jitter 20 --probability 30% --match client=10.0.0.0/8,session.every=3',
    '--existing skip --on-remove reset --schedule after=10s,for=5s,every=1m --limits max_active=10,max-injections=100',
  ]
  expect(await added(await proxy(), 'latency', ...flags.join(' ').split(' '))).toMatchObject({
    name: 'all',
    latency: 1500,
    jitter: 20,
    probability: 0.3,
    match: { client: ['10.0.0.0/8'], session: { every: 3 } },
    existing: 'skip',
    on_remove: 'reset',
    schedule: { after: 10_000, for: 5000, every: 60_000 },
    limits: { max_active: 10, max_injections: 100 },
  })
})

test('ramps are given one by one', async () => {
  const flags = ['--ramp', 'latency=0ms..500ms/5m', '--ramp', 'probability=10%..100%/30s']
  expect(await added(await proxy(), 'latency', ...flags)).toMatchObject({
    ramp: { latency: { from: 0, to: 500, over: 300_000 }, probability: { from: 0.1, to: 1, over: 30_000 } },
  })
  // A rate has a slash of its own.
  expect(await added(await proxy(), 'bandwidth', '--ramp', 'rate=1MB/s..10KB/s/5m')).toMatchObject({
    ramp: { rate: { from: 1e6, to: 1e4, over: 300_000 } },
  })
})

test('an update changes what it is given, and "none" takes a field away', async () => {
  const pg = await proxy()
  await added(pg, 'latency', '--latency', '100ms', '--ttl', '1h', '--limits', 'max_active=1')
  const update = (...flags: readonly string[]): Promise<Ran> =>
    run('fault', 'update', pg, 'latency_downstream', ...flags)
  expect(await update('--jitter', '5ms')).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^Updated fault latency_downstream of proxy-\d+: latency \(downstream\), latency 100ms, jitter 5ms, limits max_active=1; ends in (1h|59m59s)\n$/,
    ),
    stderr: '',
  })
  expect((await update('--ttl', 'none', '--limits', 'none')).stdout).toBe(
    `Updated fault latency_downstream of ${pg}: latency (downstream), latency 100ms, jitter 5ms\n`,
  )
  expect(await update('--name', 'other')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown option '--name'"),
  })
  expect(await update()).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to change') })
})

test('faults are listed in their order and shown field by field', async () => {
  const pg = await proxy()
  await added(pg, 'latency', '--latency', '250ms')
  await added(pg, 'bandwidth', '--name', 'thin', '--rate', '20KB/s', '--direction', 'upstream')
  const { stdout } = await run('fault', 'list', pg)
  expect(stdout).toBe(
    'latency_downstream\tlatency\tdownstream\tworking\t100%\t0\t0\t0\t-\tlatency 250ms\tapi\n' +
      'thin\tbandwidth\tupstream\tworking\t100%\t0\t0\t0\t-\trate 20KB/s\tapi\n',
  )
  const shown = (await run('fault', 'show', pg, 'thin')).stdout.split('\n').map((line) => line.split('\t'))
  expect(Object.fromEntries(shown)).toMatchObject({ name: 'thin', rate: '20KB/s', probability: '100%', owner: 'api' })
})

test('a removed fault is gone', async () => {
  const pg = await proxy()
  await added(pg, 'noop')
  expect(await run('fault', 'remove', pg, 'noop_downstream')).toEqual({
    code: 0,
    stdout: `Removed fault noop_downstream from ${pg}\n`,
    stderr: '',
  })
  expect((await run('fault', 'list', pg)).stdout).toBe('')
  expect(await run('fault', 'show', pg, 'noop_downstream')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^foulweather: Failed to show fault noop_downstream of proxy-\d+: HTTP 404: .+\n$/),
  })
})

test('a refusal of the server is one line that names the field and what would be right', async () => {
  const pg = await proxy()
  expect(await run('fault', 'add', pg, 'latency', '--latency', 'soon')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^foulweather: Failed to add a fault to proxy-\d+: HTTP 400: latency: expected .+, got "soon"\n$/,
    ),
  })
})

test.each([
  [['latncy'], 'there is no fault type "latncy" (did you mean latency?)'],
  [['latency', '--latncy', '5ms'], "unknown option '--latncy' (Did you mean --latency?)"],
  [['latency', '--rate', '5'], "unknown option '--rate' (Did you mean one of --name, --ramp, --wave?)"],
  [['latency', 'extra'], 'too many arguments. Expected 0 arguments but got 1: extra.'],
  [
    ['--latency', '5ms', 'latency'],
    '"--latency" stands where the type should; expected: foulweather fault add <proxy> <type> [flags]',
  ],
  [[], "missing required argument 'type' (see: foulweather fault types)"],
  [
    ['latency', '--direction', 'down'],
    "option '--direction <downstream|upstream|both>' argument 'down' is invalid. did you mean downstream? expected one of downstream, upstream, both.",
  ],
  [
    ['latency', '--ramp', 'latency=5'],
    "option '--ramp <parameter=from..to/duration>' argument 'latency=5' is invalid. expected PARAMETER=FROM..TO/DURATION, for example latency=0ms..500ms/5m.",
  ],
  [
    ['noop', '--ramp', 'latency=0..5/1m'],
    "option '--ramp <parameter=from..to/duration>' argument 'latency=0..5/1m' is invalid. there is no number latency; expected one of probability.",
  ],
  // These were sent to the server, or offered by an error, although nothing of them can change evenly.
  [
    ['latency', '--ramp', 'distribution=0..1/1m'],
    "option '--ramp <parameter=from..to/duration>' argument 'distribution=0..1/1m' is invalid. there is no number distribution; expected one of latency, jitter, correlation, probability.",
  ],
  [['refuse', '--ramp', 'probability=0..1/1m'], "unknown option '--ramp' (Did you mean --name?)"],
  [
    ['refuse', '--limits', 'max_active=1'],
    "option '--limits <key=value,…>' argument 'max_active=1' is invalid. there is no max_active; expected one of max_injections, max_added_delay.",
  ],
])('a wrong command line is one line and exit code 2, and no server is asked: %j', async (argv, stderr) => {
  const offline = { env: { FOULWEATHER_URL: 'http://127.0.0.1:1' } }
  expect(await runHere(['fault', 'add', 'pg', ...argv], offline)).toEqual({
    code: 2,
    stdout: '',
    stderr: `foulweather: ${stderr}\n`,
  })
})

test('help behind a type shows its flags, with or without a proxy', async () => {
  for (const argv of [
    ['pg', 'latency', '--help'],
    ['latency', '-h'],
    ['pg', 'latency', '--latency', '5ms', '--help'],
  ]) {
    const { code, stdout } = await runHere(['fault', 'add', ...argv])
    expect(code).toBe(0)
    expect(stdout).toContain('--latency <duration>')
    expect(stdout).toContain('(default: 0ms)')
    expect(stdout).toContain('--ttl <duration>')
  }
  const { stdout } = await runHere(['fault', 'add', '--help'])
  for (const { type, summary } of FAULTS)
    expect(stdout).toMatch(new RegExp(`^ {2}${type} +${summary.slice(0, 20)}`, 'm'))
})

async function ownCertificate(): Promise<readonly string[]> {
  const { one } = await testCertificates()
  const directory = await mkdtemp(join(tmpdir(), 'fault-test-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  await Promise.all([writeFile(cert, one.cert), writeFile(key, one.key)])
  return ['--tls-cert', cert, '--tls-key', key]
}

const GLOBAL = ['host', 'token', 'json', 'help', 'version']

test.each(FAULTS.map((definition) => [definition.type, definition] as const))(
  'the example of %s can be typed as flags, and the server has it in force as it is',
  async (type, definition) => {
    for (const name of Object.keys(parametersOf(describeFault(definition)))) expect(GLOBAL).not.toContain(name)
    const tls = definition.endsTls === true ? await ownCertificate() : []
    const name = await proxy(undefined, '--protocol', 'http', ...tls)
    const { code, stdout } = await run('fault', 'add', name, type, ...flagWords(definition.example), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject(JSON.parse(JSON.stringify(parseParams(type, definition.example))))
  },
)

test('decisions tell which sessions a fault was drawn for, and what it did', async () => {
  await using echo = await Peer.echo()
  const pg = await proxy(echo.address)
  await added(pg, 'limit_data', '--name', 'cut', '--bytes', '3')
  await added(pg, 'noop', '--name', 'spared', '--probability', '0')
  const listed = (await run('list')).stdout.split('\n').map((line) => line.split('\t'))
  expect(await echoed(listed.find(([name]) => name === pg)?.[1] ?? '', 'hello')).toBe('hel')

  const rows = (await run('decisions', '--proxy', pg)).stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(2))
  expect(rows).toEqual([
    [pg, 'cut', 'session', expect.any(String), '-', 'selected'],
    [pg, 'spared', 'session', expect.any(String), '-', 'left alone (draw)'],
    [pg, 'cut', 'injection', expect.any(String), 'downstream', 'close bytes=3'],
  ])
  const lines = (await run('decisions', '--proxy', pg, '--fault', 'cut', '--ndjson')).stdout.trimEnd().split('\n')
  const decisions = lines.map((line) => JSON.parse(line) as { seq: number; session: string; kind: string })
  expect(decisions.map(({ kind }) => kind)).toEqual(['session', 'injection'])
  const [first] = decisions
  const after = ['--session', first?.session ?? '', '--after', String(first?.seq), '--json']
  expect(JSON.parse((await run('decisions', ...after)).stdout)).toMatchObject({ total: 2 })
  expect(await run('decisions', '--proxy', pg, '--limit', '1')).toMatchObject({
    stdout: expect.stringMatching(/^\d+\t.*\tclose bytes=3\n$/),
    stderr: '2 older ones are not shown\n',
  })
  expect(await run('decisions', '--limit', 'many')).toMatchObject({
    code: 2,
    stderr:
      "foulweather: option '--limit <number>' argument 'many' is invalid. expected a whole number of 0 or more.\n",
  })
})
