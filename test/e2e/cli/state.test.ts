import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FoulweatherProcess, run } from '../../support/cli-process.ts'

let directory: string
let state: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  state = join(directory, 'state.json')
})

afterEach(() => rm(directory, { recursive: true }))

async function post(server: FoulweatherProcess, path: string, body: object, method = 'POST'): Promise<unknown> {
  const answer = await server.fetch(path, { method, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

async function get(server: FoulweatherProcess, path: string): Promise<unknown> {
  return (await server.fetch(path)).json()
}

describe('--state', () => {
  test('what Toxiproxy’s clients wrote is what they read after a restart', async () => {
    let before: unknown
    {
      await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
      await post(server, '/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
      await post(server, '/proxies', { name: 'off', listen: '127.0.0.1:1', upstream: '127.0.0.1:9', enabled: false })
      const toxic = { type: 'latency', stream: 'UPSTREAM', toxicity: 1.5, attributes: { latency: -5, jitter: 7 } }
      await post(server, '/proxies/p/toxics', toxic)
      await post(server, '/proxies/p/toxics', {
        type: 'bandwidth',
        toxicity: 0.3,
        attributes: { rate: 2 ** 60 },
      })
      before = await get(server, '/proxies')
      expect((await server.stop()).code).toBe(0)
    }
    expect((await stat(state)).mode & 0o777).toBe(0o600)
    await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
    expect(await get(server, '/proxies')).toEqual(before)
    expect(server.log.find(({ message }) => message === 'Restored the state')).toMatchObject({ proxies: 2, faults: 2 })
  })

  test('a halt outlives the process, and so does the end of it', async () => {
    {
      await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
      await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
      await post(server, '/v1/proxies/p/faults', { type: 'hang' })
      server.signal('SIGUSR2')
      await server.logged('Changed')
      await server.stop()
    }
    {
      await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
      expect(server.log.find(({ message }) => message === 'Everything is still halted')).toMatchObject({
        actor: 'SIGUSR2',
      })
      expect(await get(server, '/v1/proxies/p')).toMatchObject({ faults: [] })
      await post(server, '/v1/resume', {})
      await server.stop()
    }
    await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
    expect(await get(server, '/v1/proxies/p')).toMatchObject({ faults: [] })
    await post(server, '/v1/proxies/p/faults', { type: 'hang' })
  })

  test('a damaged file is set aside with a clear message', async () => {
    await writeFile(state, '{"format":"foulweather-state","version":1,"pro')
    await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
    const line = server.log.find(({ level }) => level === 'error')
    expect(line?.message).toBe(
      `The state file cannot be used: it is not JSON, or ends too early. It was set aside as ${state}.damaged-1, and nothing was restored`,
    )
    expect(await readFile(`${state}.damaged-1`, 'utf8')).toBe('{"format":"foulweather-state","version":1,"pro')
    expect(await get(server, '/proxies')).toEqual({})
  })

  test('a path that nothing can be written to ends the start', async () => {
    const { code, stderr } = await run([
      'serve',
      '--admin',
      '127.0.0.1:0',
      '--state',
      join(directory, 'no', 'state.json'),
    ])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^foulweather: cannot use the state file .*: the directory .* cannot be looked at \(ENOENT\); expected .*\n$/,
    )
  })

  test('a profile that it brings back and one that is named, in conflict, end the start, which says where both stand', async () => {
    const dir = join(directory, 'profiles')
    await mkdir(dir)
    await writeFile(join(dir, 'one.yaml'), PROFILE)
    await writeFile(join(dir, 'two.yaml'), PROFILE.replace(':9', ':10'))
    const argv = ['--profiles', dir, '--state', state]
    {
      await using server = await FoulweatherProcess.start({ argv })
      await post(server, '/v1/profiles/one/activate', {})
      await server.stop()
    }
    const { code, stderr } = await run(['serve', '--admin', '127.0.0.1:0', ...argv, '--activate', 'two'])
    const [conflict, end, ...more] = stderr.trim().split('\n')
    expect({ code, end, more }).toEqual({ code: 1, end: 'foulweather: not started: cannot activate "two"', more: [] })
    for (const part of [join(dir, 'two.yaml:3:'), join(dir, 'one.yaml:3:'), 'start without two to deactivate'])
      expect(conflict).toContain(part)
    await using server = await FoulweatherProcess.start({ argv: [...argv, '--activate', 'one'] })
    expect(await get(server, '/v1/proxies/pg')).toMatchObject({ owner: 'profile:one', upstream: '127.0.0.1:9' })
  })

  test('a start that fails leaves it as it was', async () => {
    {
      await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
      await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
      await server.stop()
    }
    const before = await readFile(state, 'utf8')
    const { code } = await run(['serve', '--admin', '127.0.0.1:0', '--state', state, '--activate', 'nothing'])
    expect(code).toBe(1)
    expect(await readFile(state, 'utf8')).toBe(before)
  })

  test('so does one whose admin address is taken: it may be that of a server that is at work with this file', async () => {
    {
      await using server = await FoulweatherProcess.start({ argv: ['--state', state] })
      await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
      await post(server, '/v1/proxies/p/faults', { type: 'hang' })
      await server.stop()
    }
    // What it cannot restore it would leave out.
    const text = (await readFile(state, 'utf8')).replace('"type":"hang"', '"type":"teapot"')
    await writeFile(state, text)
    await using other = await FoulweatherProcess.start({})
    const { code, stderr, stdout } = await run(['serve', '--admin', other.address, '--state', state])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('cannot open the admin API at ') })
    expect(stdout).toContain('it is forgotten')
    expect(await readFile(state, 'utf8')).toBe(text)
  })
})

const PROFILE = `
vars: { delay: 10 }
proxies: { pg: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }
faults: [{ on: pg, type: latency, latency: "\${delay}" }]
`

describe('profiles at the start', () => {
  test('files are activated, with variables; active ones are kept with the state', async () => {
    const file = join(directory, 'slow.yaml')
    await writeFile(file, PROFILE)
    await using server = await FoulweatherProcess.start({ argv: [file, '--var', 'delay=250ms', '--var', 'dela=1'] })
    expect(await get(server, '/v1/proxies/pg')).toMatchObject({
      owner: 'profile:slow',
      faults: [{ owner: 'profile:slow', latency: 250 }],
    })
    expect(server.log.find(({ level }) => level === 'warn')?.message).toBe(
      'No profile has a variable "dela"; did you mean "delay"?',
    )
  })

  test('of a directory those are activated that say so or are named', async () => {
    const dir = join(directory, 'profiles')
    await mkdir(dir)
    const named = (name: string, more = ''): Promise<void> =>
      writeFile(
        join(dir, `${name}.yaml`),
        `${more}proxies: { ${name}: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" } }\n`,
      )
    await named('marked', 'active: true\n')
    for (const name of ['a', 'b', 'c', 'd']) await named(name)
    await writeFile(join(dir, 'bad.yaml'), 'active: true\nfaults: 7\n')
    await using server = await FoulweatherProcess.start({
      argv: ['--profiles', dir, '--activate', 'a,b', '--activate', 'c'],
    })
    const { profiles } = (await get(server, '/v1/profiles')) as { profiles: { name: string; state: string }[] }
    expect(profiles.map(({ name, state: is }) => [name, is])).toEqual([
      ['a', 'active'],
      ['b', 'active'],
      ['bad', 'invalid'],
      ['c', 'active'],
      ['d', 'inactive'],
      ['marked', 'active'],
    ])
    const bad = server.log.filter(({ message }) => message.startsWith('A profile cannot be used: '))
    expect(bad).toEqual([expect.objectContaining({ level: 'error', profile: 'bad', line: 2 })])
  })

  test('one that is named and cannot be ends the start, with everything that is wrong', async () => {
    const file = join(directory, 'wrong.yaml')
    await writeFile(
      file,
      'proxies: { pg: { upstream: "127.0.0.1:9", listne: "x" } }\nfaults: [{ on: pg, type: latncy }]\n',
    )
    const dir = join(directory, 'profiles')
    await mkdir(dir)
    await writeFile(join(dir, 'flaky-wifi.yaml'), PROFILE)
    const argv = ['serve', file, '--admin', '127.0.0.1:0', '--profiles', dir, '--activate', 'flaky-wify']
    const { code, stderr } = await run(argv)
    const lines = stderr.trim().split('\n')
    expect(code).toBe(1)
    expect(lines.length).toBeGreaterThanOrEqual(3)
    expect(lines.slice(0, -2).every((line) => line.startsWith(`foulweather: ${file}:`))).toBe(true)
    expect(lines.at(-2)).toBe('foulweather: no profile is called "flaky-wify"; did you mean "flaky-wifi"?')
    expect(lines.at(-1)).toBe('foulweather: not started: cannot activate "wrong", "flaky-wify"')
  })

  test('a directory that cannot be read ends the start', async () => {
    const { code, stderr } = await run(['serve', '--admin', '127.0.0.1:0', '--profiles', join(directory, 'none')])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^foulweather: the profiles in .*none cannot be read: .*\n$/)
  })
})

describe('bounds and tokens', () => {
  test('lifetimes hold for what the API asks for', async () => {
    await using server = await FoulweatherProcess.start({ argv: ['--max-ttl', '1h', '--default-ttl', '10m'] })
    await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    expect(await post(server, '/v1/proxies/p/faults', { type: 'hang' })).toMatchObject({ ttl: 600_000 })
    await expect(post(server, '/v1/proxies/p/faults', { type: 'hang', name: 'x', ttl: '2h' })).rejects.toThrow(
      '--max-ttl',
    )
  })

  test('without a ttl nothing is taken where one is required', async () => {
    await using server = await FoulweatherProcess.start({ argv: ['--require-ttl'] })
    await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await expect(post(server, '/v1/proxies/p/faults', { type: 'hang' })).rejects.toThrow('ttl_required')
  })

  test('tokens open the API', async () => {
    const tokens = join(directory, 'tokens.yaml')
    await writeFile(tokens, '- { name: ci, role: admin, token: "0123456789abcdef" }\n')
    for (const start of [{ argv: ['--tokens', tokens] }, { env: { FOULWEATHER_TOKENS_FILE: tokens } }]) {
      await using server = await FoulweatherProcess.start(start)
      expect((await server.fetch('/v1/status')).status).toBe(401)
      const headers = { authorization: 'Bearer 0123456789abcdef' }
      expect((await server.fetch('/v1/status', { headers })).status).toBe(200)
    }
  })

  test('changes are recorded in the audit file', async () => {
    const audit = join(directory, 'audit.ndjson')
    await using server = await FoulweatherProcess.start({ argv: ['--audit', audit] })
    await post(server, '/v1/proxies', { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    await server.stop()
    expect(JSON.parse((await readFile(audit, 'utf8')).split('\n')[0] ?? '')).toMatchObject({ action: 'proxy-created' })
  })

  test('tokens that cannot be read end the start', async () => {
    const tokens = join(directory, 'tokens.yaml')
    await writeFile(tokens, '- { name: ci, role: boss, token: "0123456789abcdef" }\n')
    const { code, stderr } = await run(['serve', '--admin', '127.0.0.1:0', '--tokens', tokens])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^foulweather: cannot use the tokens: .*tokens\.yaml:1:\d+: tokens\[0\]\.role: expected .*\n$/,
    )
  })
})
