import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FoulweatherProcess, MAIN } from '../../support/cli-process.ts'
import { echoed, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let server: FoulweatherProcess
let echo: Peer

beforeAll(async () => {
  ;[server, echo] = await Promise.all([FoulweatherProcess.start(), Peer.echo()])
})

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await echo?.[Symbol.asyncDispose]()
})

/** A proxy to the echo; answers where it listens. */
async function create(name: string): Promise<string> {
  await server.ok('create', name, '-l', '127.0.0.1:0', '-u', echo.address)
  const rows = (await server.ok('list')).split('\n').map((line) => line.split('\t'))
  return rows.find((row) => row[0] === name)?.[1] ?? ''
}

test('a fault is added, listed, shown, updated and removed, and works meanwhile', async () => {
  const listen = await create('life')
  expect(await echoed(listen, 'hello')).toBe('hello')

  expect(await server.ok('fault', 'add', 'life', 'limit_data', '--name', 'cut', '--bytes', '3')).toBe(
    'Added fault cut to life: limit_data (downstream), bytes 3B\n',
  )
  expect(await echoed(listen, 'hello')).toBe('hel')
  const cells = (await server.ok('fault', 'list', 'life')).trimEnd().split('\t')
  expect(cells).toEqual(['cut', 'limit_data', 'downstream', 'working', '100%', '1', '1', '1', '-', 'bytes 3B', 'api'])
  const shown = await server.ok('fault', 'show', 'life', 'cut')
  expect(shown).toContain('\nbytes\t3B\n')
  expect(shown).toMatch(/\ncounters\tseen=1,selected=1,active=0,applied=1.*\n/)

  expect(await server.ok('fault', 'update', 'life', 'cut', '--bytes', '4')).toBe(
    'Updated fault cut of life: limit_data (downstream), bytes 4B\n',
  )
  expect(await echoed(listen, 'hello')).toBe('hell')
  // What an update does not give stays: the bytes when the probability changes, the probability when the bytes do.
  await server.ok('fault', 'update', 'life', 'cut', '--probability', '0')
  expect(await echoed(listen, 'hello')).toBe('hello')
  await server.ok('fault', 'update', 'life', 'cut', '--bytes', '2')
  expect(await echoed(listen, 'hello')).toBe('hello')
  await server.ok('fault', 'update', 'life', 'cut', '--probability', '100%')
  expect(await echoed(listen, 'hello')).toBe('he')

  expect(await server.ok('fault', 'remove', 'life', 'cut')).toBe('Removed fault cut from life\n')
  expect(await echoed(listen, 'hello')).toBe('hello')
  expect(await server.ok('fault', 'list', 'life')).toBe('')
})

test('a fault with a ttl goes by itself', async () => {
  const listen = await create('brief')
  const answer = await server.ok('fault', 'add', 'brief', 'limit_data', '--bytes', '1', '--ttl', '1s')
  expect(answer).toBe('Added fault limit_data_downstream to brief: limit_data (downstream), bytes 1B; ends in 1s\n')
  await eventually('the fault is gone', async () => (await server.ok('fault', 'list', 'brief')) === '')
  expect(await echoed(listen, 'hello')).toBe('hello')
})

test('a match by the order of sessions is obeyed, and the decisions say so', async () => {
  const listen = await create('third')
  await server.ok('fault', 'add', 'third', 'limit_data', '--bytes', '1', '--match', 'session.every=3')
  const answers: string[] = []
  for (let i = 0; i < 6; i++) answers.push(await echoed(listen, 'abc'))
  expect(answers).toEqual(['abc', 'abc', 'a', 'abc', 'abc', 'a'])
  const rows = (await server.ok('decisions', '--proxy', 'third')).trimEnd().split('\n')
  const drawn = rows.map((row) => row.split('\t')).filter((cells) => cells[4] === 'session')
  const left = 'left alone (match)'
  expect(drawn.map((cells) => cells[7])).toEqual([left, left, 'selected', left, left, 'selected'])
})

test('--json prints what the API answers', async () => {
  await create('json')
  const fromApi = async (path: string): Promise<unknown> => (await server.fetch(path)).json()
  const added = await server.ok('fault', 'add', 'json', 'latency', '--latency', '5ms', '--json')
  expect(JSON.parse(added)).toEqual(await fromApi('/v1/proxies/json/faults/latency_downstream'))
  expect(JSON.parse(await server.ok('--json', 'fault', 'list', 'json'))).toEqual(
    await fromApi('/v1/proxies/json/faults'),
  )
  const updated = await server.ok('fault', 'update', 'json', 'latency_downstream', '--jitter', '1ms', '--json')
  expect(JSON.parse(updated)).toMatchObject({ latency: 5, jitter: 1 })
  expect(JSON.parse(await server.ok('decisions', '--proxy', 'json', '--json'))).toEqual({ total: 0, decisions: [] })
  expect(await server.ok('fault', 'remove', 'json', 'latency_downstream', '--json')).toBe('')
})

test('warnings go to stderr, the answer to stdout', async () => {
  await create('warned')
  const { code, stdout, stderr } = await server.run(
    'fault',
    'add',
    'warned',
    'loss',
    '--gilbert',
    'p=1%,r=30%',
    '--json',
  )
  const { warnings } = JSON.parse(stdout) as { warnings: readonly string[] }
  expect(code).toBe(0)
  expect(warnings.length).toBeGreaterThan(0)
  expect(stderr).toBe(warnings.map((warning) => `warning: ${warning}\n`).join(''))
})

test.each([
  [['add', 'nope', 'noop'], /^foulweather: Failed to add a fault to nope: HTTP 404: .+\n$/],
  [['list', 'nope'], /^foulweather: Failed to list the faults of nope: HTTP 404: .+\n$/],
  [['show', 'nope', 'x'], /^foulweather: Failed to show fault x of nope: HTTP 404: .+\n$/],
  [['update', 'nope', 'x', '--ttl', '5'], /^foulweather: Failed to update fault x of nope: HTTP 404: .+\n$/],
  [['remove', 'nope', 'x'], /^foulweather: Failed to remove fault x of nope: HTTP 404: .+\n$/],
])('a refusal of the API is one line on stderr and exit code 1: %j', async (argv, stderr) => {
  expect(await server.run('fault', ...argv)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) })
})

test('decisions are followed as they are made, each once', async () => {
  const listen = await create('live')
  await server.ok('fault', 'add', 'live', 'noop', '--name', 'seen')
  await echoed(listen, 'before')
  const argv = [MAIN, 'decisions', '--proxy', 'live', '--follow', '--ndjson']
  const env = { PATH: process.env['PATH'], FOULWEATHER_URL: `http://${server.address}` }
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const seen: { ordinal: number; fault: string }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => seen.push(JSON.parse(line) as (typeof seen)[number]))
  try {
    await eventually('what was there is shown', () => seen.length === 1)
    await echoed(listen, 'second')
    await echoed(listen, 'third')
    await eventually('what is new is shown', () => seen.length === 3)
    await echoed(listen, 'fourth')
    await eventually('and what comes later', () => seen.length >= 4)
    expect(seen.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4])
  } finally {
    child.kill('SIGINT')
    await once(child, 'close')
  }
})
