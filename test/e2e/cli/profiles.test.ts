import { spawn } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FoulweatherProcess, MAIN, run } from '../../support/cli-process.ts'
import { dial, echoed, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let directory: string
let file: string
let echo: Peer
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profiles-'))
  file = join(directory, 'cut.yaml')
  echo = await Peer.echo()
})
afterEach(async () => {
  await echo?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** A proxy to the echo whose answers are cut after so many bytes. */
const profile = (bytes: number | string) => `vars: { bytes: ${bytes} }
proxies:
  echo: { listen: "127.0.0.1:0", upstream: "${echo.address}" }
faults:
  - { on: echo, name: cut, type: limit_data, bytes: "\${bytes}" }
`

/** As most editors do it: a new file takes the place of the old one. */
async function save(text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

async function listenOf(server: FoulweatherProcess): Promise<string> {
  return (await server.ok('list')).split('\t')[1] ?? ''
}

test('a profile is activated, follows its file, survives a mistake in it, and is halted and resumed', async () => {
  await save(profile(3))
  await using server = await FoulweatherProcess.start({ argv: ['--profiles', directory] })
  expect(await server.ok('profile', 'list')).toBe(`cut\tinactive\t1\t1\t-\t-\t0\t${file}\n`)

  expect(await server.ok('profile', 'activate', 'cut', '--ttl', '1h', '--reason', 'a test')).toBe(
    'Activated profile cut: 1 proxy, 1 fault; ends in 1h\n',
  )
  const listen = await listenOf(server)
  expect(await echoed(listen, 'hello')).toBe('hel')
  const session = await dial(listen)

  // Its file is edited: the fault changes, and the proxy with its sessions stays.
  await save(profile(4))
  await eventually('the change is in force', async () => (await echoed(listen, 'hello')) === 'hell')
  expect(await listenOf(server)).toBe(listen)
  const answer = new Promise<string>((resolve) => void session.once('data', (bytes) => resolve(bytes.toString())))
  session.write('ab')
  expect(await answer).toBe('ab')
  session.destroy()

  // A mistake leaves everything as it was, and is told of with its place, until it is mended.
  await save(profile(4).replace('limit_data', 'limit_dta'))
  const shown = await eventually('the mistake is known', async () => {
    const ran = await server.run('profile', 'show', 'cut')
    return ran.stderr !== '' && ran
  })
  expect(shown.stderr).toMatch(new RegExp(`^${file}:5:\\d+: .*limit_dta.*limit_data.*\n$`))
  expect(shown.stdout).toContain('\nstate\tactive\n')
  expect(await echoed(listen, 'hello')).toBe('hell')
  await save(profile(2))
  await eventually('it is mended', async () => (await echoed(listen, 'hello')) === 'he')
  expect((await server.run('profile', 'show', 'cut')).stderr).toBe('')

  // Everything is called off: the proxy goes on relaying.
  expect(await server.ok('halt', '--reason', 'enough')).toMatch(
    /^Halted since \S+: 1 fault removed\nDeactivated: cut\n$/,
  )
  expect(await echoed(listen, 'hello')).toBe('hello')
  expect(await server.run('profile', 'activate', 'cut')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/enough/),
  })
  expect(await server.ok('resume')).toBe('Faults are taken again\n')
  await server.ok('profile', 'activate', 'cut', '--var', 'bytes=1')
  expect(await echoed(listen, 'hello')).toBe('h')
})

test('what would change is shown before it is done, and what runs can be kept', async () => {
  await save(profile(3))
  await using server = await FoulweatherProcess.start({ argv: ['--profiles', directory, '--activate', 'cut'] })
  expect(await server.run('diff', file)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await server.run('diff', file, '--var', 'bytes=5')).toEqual({
    code: 1,
    stdout: '~ fault cut of echo\n~   bytes: 3B → 5B\n',
    stderr: '',
  })
  const kept = await mkdtemp(join(tmpdir(), 'kept-'))
  const exported = join(kept, 'exported.yaml')
  try {
    await server.ok('export', '--output', exported)
    expect(await run(['validate', exported])).toEqual({ code: 0, stdout: `${exported}: valid\n`, stderr: '' })
    await server.stop()
    await using other = await FoulweatherProcess.start({ argv: [exported] })
    expect(await echoed(await listenOf(other), 'hello')).toBe('hel')
  } finally {
    await rm(kept, { recursive: true, force: true })
  }
})

test('what comes from stdin is checked, too', async () => {
  const child = spawn(process.execPath, [MAIN, 'validate', '-'])
  child.stdin.end(profile('soon'))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringMatching(/^stdin:\d+:\d+: faults\[0\]\.bytes: /),
    stderr: 'foulweather: 1 of 1 profile has mistakes\n',
  })
})

test('a profile comes from stdin, too', async () => {
  await using server = await FoulweatherProcess.start()
  const child = spawn(process.execPath, [MAIN, 'profile', 'put', 'cut', '-', '--host', `http://${server.address}`])
  child.stdin.end(profile(3))
  const code = await new Promise((resolve) => void child.once('close', resolve))
  expect(code).toBe(0)
  expect(await server.ok('profile', 'show', 'cut', '--text')).toBe(profile(3))
})
