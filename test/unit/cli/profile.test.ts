import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Ran, runHere } from '../../support/cli-context.ts'
import { Foulweather } from '../../support/foulweather.ts'

let server: Foulweather
let directory: string
beforeAll(async () => {
  server = await Foulweather.start()
  directory = await mkdtemp(join(tmpdir(), 'profile-'))
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

function run(...argv: readonly string[]): Promise<Ran> {
  return runHere(argv, { env: { FOULWEATHER_URL: server.url } })
}

async function ok(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...argv)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** A profile with a proxy of the same name. */
const text = (name: string, delay = '250ms') => `# ${name}
vars: { delay: ${delay} }
proxies:
  ${name}: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" }
faults:
  - { on: ${name}, name: late, type: latency, latency: "\${delay}" }
`

async function save(file: string, what: string): Promise<string> {
  const path = join(directory, file)
  await writeFile(path, what)
  return path
}

test('a profile is put, listed, shown, switched on and off, and deleted', async () => {
  const file = await save('life.yaml', text('life'))
  expect(await ok('profile', 'put', 'life', file)).toBe('Put profile life: 1 proxy, 1 fault; it is inactive\n')
  expect(await ok('profiles', 'list')).toBe('life\tinactive\t1\t1\t-\t-\t0\tapi\n')
  expect(await ok('profile', 'show', 'life', '--text')).toBe(text('life'))

  expect(await ok('profile', 'activate', 'life', '--ttl', '10m', '--var', 'delay=1s')).toBe(
    'Activated profile life: 1 proxy, 1 fault; ends in 10m\n',
  )
  const shown = (await ok('profile', 'show', 'life')).split('\n').map((line) => line.split('\t'))
  expect(Object.fromEntries(shown)).toMatchObject({
    name: 'life',
    state: 'active',
    source: 'api',
    vars: 'delay=1s',
    proxies: 'life',
    ttl: '10m',
    lease: '-',
    ttl_remaining: expect.stringMatching(/^(10m00s|9m59s)$/),
  })
  expect(await ok('fault', 'list', 'life')).toMatch(/^late\tlatency\t.*\tlatency 1s\tprofile:life\n$/)
  expect(await ok('list')).toMatch(/^life\t.*\ttcp\tprofile:life\n$/)

  expect(await ok('profile', 'deactivate', 'life')).toBe('Deactivated profile life\n')
  expect(await ok('list')).toBe('')
  expect(await ok('profile', 'delete', 'life')).toBe('Deleted profile life\n')
  expect(await ok('profile', 'list')).toBe('')
})

test('a lease is told of, and begun anew', async () => {
  await ok('profile', 'put', 'leased', await save('leased.yaml', text('leased')))
  expect(await ok('profile', 'activate', 'leased', '--lease', '1h')).toBe(
    'Activated profile leased: 1 proxy, 1 fault; ends in 1h unless renewed\n',
  )
  expect(await ok('profile', 'renew', 'leased')).toBe('Renewed profile leased; ends in 1h unless renewed\n')
  expect(await ok('fault', 'add', 'leased', 'noop', '--name', 'own', '--lease', '1h')).toContain(
    '; ends in 1h unless renewed\n',
  )
  expect(await ok('fault', 'renew', 'leased', 'own')).toBe('Renewed fault own of leased; ends in 1h unless renewed\n')
  expect(await run('fault', 'renew', 'leased', 'late')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^foulweather: Failed to renew fault late of leased: HTTP 409: .+\n$/),
  })
  await ok('fault', 'remove', 'leased', 'own')
  await ok('profile', 'delete', 'leased')
})

test('mistakes are lines that name the file that was sent', async () => {
  const file = await save('bad.yaml', text('bad').replace('latency,', 'latncy,').replace('vars:', 'vrs:'))
  const { code, stdout, stderr } = await run('profile', 'put', 'bad', file)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  const lines = stderr.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^\/.*bad\.yaml:2:\d+: vrs: .*vars/)
  expect(lines.at(-1)).toMatch(
    /^foulweather: Failed to put profile bad: there (?:is a mistake|are \d+ mistakes) in it$/,
  )
})

test('--json prints what the API answers', async () => {
  const file = await save('json.yaml', text('json'))
  expect(JSON.parse(await ok('profile', 'put', 'json', file, '--json'))).toMatchObject({ name: 'json', faults: 1 })
  expect(JSON.parse(await ok('profile', 'list', '--json'))).toMatchObject({ total: 1, profiles: [{ name: 'json' }] })
  expect(JSON.parse(await ok('profile', 'reload', '--json'))).toEqual({ changed: [], failed: [], removed: [] })
  await ok('profile', 'delete', 'json')
})

test('halt and resume say what they have done', async () => {
  await ok('profile', 'put', 'halting', await save('halting.yaml', text('halting')))
  await ok('profile', 'activate', 'halting')
  const halted = await ok('halt', '--reason', 'enough')
  expect(halted).toMatch(/^Halted since \S+Z: 1 fault removed\nDeactivated: halting\n$/)
  expect(await ok('status')).toMatch(/\nhalted\tsince \S+Z by \S+ \(enough\)\n/)
  expect(await run('profile', 'activate', 'halting')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^foulweather: Failed to activate profile halting: HTTP 409: .*enough.*\n$/),
  })
  const onTerminal = await runHere(['list'], { terminal: true, env: { FOULWEATHER_URL: server.url, NO_COLOR: '1' } })
  expect(onTerminal.stdout).toMatch(
    /\nHalted since \S+ by \S+ \(enough\): no faults are taken until "foulweather resume"\n$/,
  )
  expect(await ok('resume')).toBe('Faults are taken again\n')
  expect(await ok('status')).toContain('\nhalted\tno\n')
  await ok('delete', 'halting')
})

test('an export goes to stdout or a file, as YAML or JSON', async () => {
  await ok('create', 'exported', '-l', '127.0.0.1:0', '-u', '127.0.0.1:9')
  const onStdout = parse(await ok('export')) as { proxies: object }
  expect(onStdout.proxies).toMatchObject({ exported: { upstream: '127.0.0.1:9' } })
  expect(JSON.parse(await ok('export', '--json'))).toMatchObject({ proxies: onStdout.proxies })
  expect(JSON.parse(await ok('export', '--format', 'json'))).toMatchObject({ proxies: onStdout.proxies })

  const file = join(directory, 'export.yaml')
  expect(await ok('export', '--output', file, '--secrets')).toBe(`Exported to ${file}\n`)
  expect(parse(await readFile(file, 'utf8'))).toMatchObject({ proxies: onStdout.proxies })
  // It may hold private keys.
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await run('export', '--output', join(directory, 'no', 'where'))).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^foulweather: Failed to export: ENOENT.*\n$/),
  })
  await ok('delete', 'exported')
})

test('a comparison shows what would change, with the exit codes of diff(1)', async () => {
  const file = await save('compared.yaml', text('compared'))
  const fresh = await run('diff', file)
  expect({ code: fresh.code, stderr: fresh.stderr }).toEqual({ code: 1, stderr: '' })
  expect(fresh.stdout).toContain('+ proxy compared\n+   listen: 127.0.0.1:0\n+   upstream: 127.0.0.1:9\n')
  expect(fresh.stdout).toMatch(/\n\+ fault late of compared\n(\+ .*\n)*\+ {3}latency: 250ms\n/)

  await ok('profile', 'put', 'compared', file)
  await ok('profile', 'activate', 'compared')
  expect(await run('diff', file)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await run('diff', file, '--var', 'delay=2s')).toEqual({
    code: 1,
    stdout: '~ fault late of compared\n~   latency: 250ms → 2s\n',
    stderr: '',
  })
  const other = await save('other.yaml', 'description: nothing\n')
  expect(await run('diff', other, '--profile', 'compared')).toEqual({
    code: 1,
    stdout: '- proxy compared\n!   its live sessions end\n',
    stderr: '',
  })
  expect(JSON.parse((await run('diff', file, '--var', 'delay=2s', '--json')).stdout)).toMatchObject({
    changes: [{ action: 'update', proxy: 'compared', fault: 'late', fields: ['latency'] }],
  })
  await ok('profile', 'delete', 'compared')
})

test.each([
  [['diff', '/no/such/file.yaml'], /^foulweather: Failed to compare \/no\/such\/file\.yaml: ENOENT/],
  [['diff', '-'], /^foulweather: stdin has no name: expected --profile NAME beside -\n$/],
  [['diff', '/dev/null', '--host', 'http://127.0.0.1:1'], /^foulweather: Cannot reach http:\/\/127\.0\.0\.1:1: /],
])('a comparison that cannot be made has exit code 2: %j', async (argv, stderr) => {
  expect(await run(...argv)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(stderr) })
})

test.each([
  [['profile', 'activate', 'x', '--var', 'delay'], 'expected NAME=VALUE'],
  [['export', '--format', 'xml'], 'Allowed choices are yaml, json'],
  [['profile', 'activate'], "missing required argument 'name'"],
])('a command line that is wrong has exit code 2: %j', async (argv, stderr) => {
  expect(await run(...argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(stderr) })
})

test.each([
  [['show', 'nope'], 'Failed to show profile nope: HTTP 404'],
  [['activate', 'nope'], 'Failed to activate profile nope: HTTP 404'],
  [['deactivate', 'nope'], 'Failed to deactivate profile nope: HTTP 404'],
  [['renew', 'nope'], 'Failed to renew profile nope: HTTP 404'],
  [['delete', 'nope'], 'Failed to delete profile nope: HTTP 404'],
])('a profile that is not there is told of on one line: %j', async (argv, stderr) => {
  const ran = await run('profile', ...argv)
  expect(ran).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(`foulweather: ${stderr}`) })
  expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
})
