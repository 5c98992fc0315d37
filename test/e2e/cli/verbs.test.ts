import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FoulweatherProcess } from '../../support/cli-process.ts'
import { dial, echoed, Peer } from '../../support/cli-peers.ts'
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
  expect(await server.ok('create', name, '-l', '127.0.0.1:0', '-u', echo.address)).toBe(`Created new proxy ${name}\n`)
  return (await listed(name))[1] ?? ''
}

async function listed(name: string): Promise<readonly string[]> {
  const rows = (await server.ok('list')).split('\n').map((line) => line.split('\t'))
  return rows.find((row) => row[0] === name) ?? []
}

test('a proxy is created, listed, toggled and deleted, and works meanwhile', async () => {
  const listen = await create('life')
  expect(listen).toMatch(/^127\.0\.0\.1:\d+$/)
  expect(await listed('life')).toEqual(['life', listen, echo.address, 'enabled', '0', 'tcp', 'api'])
  expect(await echoed(listen, 'hello')).toBe('hello')

  expect(await server.ok('toggle', 'life')).toBe('Proxy life is now disabled\n')
  expect(await listed('life')).toEqual(['life', listen, echo.address, 'disabled', '0', 'tcp', 'api'])
  await expect(dial(listen)).rejects.toThrow('ECONNREFUSED')

  expect(await server.ok('tog', 'life')).toBe('Proxy life is now enabled\n')
  expect(await echoed(listen, 'again')).toBe('again')

  expect(await server.ok('delete', 'life')).toBe('Deleted proxy life\n')
  expect(await listed('life')).toEqual([])
})

test('proxies are listed in order of their names, also by the short names of the command', async () => {
  await create('order-b')
  await create('order-a')
  const names = (await server.ok('ls')).split('\n').map((line) => line.split('\t')[0])
  expect(names.filter((name) => name?.startsWith('order'))).toEqual(['order-a', 'order-b'])
  expect(await server.ok('l')).toBe(await server.ok('li'))
})

test('a toxic is added, inspected, updated and removed', async () => {
  await create('tox')
  expect(await server.ok('toxic', 'add', 'tox', '-t', 'latency', '-a', 'latency=100', '-a', 'jitter=7')).toBe(
    "Added downstream latency toxic 'latency_downstream' on proxy 'tox'\n",
  )
  expect(
    await server.ok(
      't',
      'a',
      '-u',
      '-n',
      'cut',
      '--toxicity',
      '0.3',
      'tox',
      '--type',
      'limit_data',
      '-a',
      'bytes=1000000',
    ),
  ).toBe("Added upstream limit_data toxic 'cut' on proxy 'tox'\n")
  expect((await listed('tox'))[4]).toBe('2')
  expect(await server.ok('inspect', 'tox')).toBe(
    'cut\ttype=limit_data\tstream=upstream\ttoxicity=0.30\tattributes=[\tbytes=1000000\t]\n' +
      'latency_downstream\ttype=latency\tstream=downstream\ttoxicity=1.00\tattributes=[\tjitter=7\tlatency=100\t]\n',
  )
  expect(await server.ok('toxic', 'update', '-n', 'cut', '-a', 'bytes=5', 'tox')).toBe(
    "Updated toxic 'cut' on proxy 'tox'\n",
  )
  expect(await server.ok('toxic', 'delete', '--toxicName', 'latency_downstream', 'tox')).toBe(
    "Removed toxic 'latency_downstream' on proxy 'tox'\n",
  )
  // The toxicity is what it was: an update changes what it is given and nothing else.
  expect(await server.ok('i', 'tox')).toBe(
    'cut\ttype=limit_data\tstream=upstream\ttoxicity=0.30\tattributes=[\tbytes=5\t]\n',
  )
  await server.ok('toxic', 'update', 'tox', '-n', 'cut', '--tox', '45%')
  expect(await server.ok('ins', 'tox')).toContain('\ttoxicity=0.45\tattributes=[\tbytes=5\t]')
})

// They came from Toxiproxy's routes, which do not show such faults: a proxy that refused every client was listed with 0 faults.
test('a fault that is no toxic is counted in the list of proxies', async () => {
  const listen = await create('shut')
  await server.ok('fault', 'add', 'shut', 'refuse')
  expect(await listed('shut')).toEqual(['shut', listen, echo.address, 'enabled', '1', 'tcp', 'api'])
})

test('--json prints what the API answers', async () => {
  await create('json')
  const fromApi = async (path: string): Promise<unknown> => (await server.fetch(path)).json()
  expect(JSON.parse(await server.ok('list', '--json'))).toEqual(await fromApi('/v1/proxies'))
  expect(JSON.parse(await server.ok('--json', 'inspect', 'json'))).toEqual(await fromApi('/proxies/json'))
  const added = await server.ok('toxic', 'add', 'json', '-t', 'noop', '--json')
  expect(JSON.parse(added)).toEqual(await fromApi('/proxies/json/toxics/noop_downstream'))
  const updated = await server.ok('toxic', 'update', 'json', '-n', 'noop_downstream', '--toxicity', '0.5', '--json')
  expect(JSON.parse(updated)).toMatchObject({ name: 'noop_downstream', toxicity: 0.5 })
  expect(JSON.parse(await server.ok('toggle', 'json', '--json'))).toMatchObject({ name: 'json', enabled: false })
  expect(await server.ok('toxic', 'remove', 'json', '-n', 'noop_downstream', '--json')).toBe('')
  expect(await server.ok('delete', 'json', '--json')).toBe('')
  const created = await server.ok('create', 'json', '-l', '127.0.0.1:0', '-u', 'x:1', '--json')
  expect(JSON.parse(created)).toEqual(await fromApi('/v1/proxies/json'))
})

test('sessions are listed and reset', async () => {
  const listen = await create('held')
  await server.ok('toxic', 'add', 'held', '-t', 'latency', '-n', 'slow', '-a', 'latency=1')
  const socket = await dial(listen)
  socket.write('12345')
  const row = await eventually('the session has echoed', async () => {
    const [id, ...rest] = (await server.ok('sessions', '--proxy', 'held')).trim().split('\t')
    return rest[6] === '5' && { id: id ?? '', rest }
  })
  expect(row.rest).toEqual([
    'held',
    'open',
    `127.0.0.1:${socket.localPort}`,
    echo.address,
    expect.stringMatching(/^\d+$/),
    '5',
    '5',
    '-',
    'slow',
    '-',
  ])
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => void socket.once('error', resolve))
  expect(await server.ok('sessions', 'reset', row.id, '--reason', 'stuck')).toBe(`Reset session ${row.id}\n`)
  expect(await server.ok('audit', '--action', 'session-reset')).toMatch(new RegExp(`held #${row.id}\\t.*\\tstuck\\n$`))
  expect((await failed).code).toBe('ECONNRESET')
  expect(await server.ok('sessions', '--proxy', 'held')).toBe('')
  const ended = await server.ok('sessions', '--proxy', 'held', '--state', 'ended')
  expect(ended.trim().split('\t').at(-1)).toBe('proxy:killed')
  const { sessions } = JSON.parse(await server.ok('sessions', '--json', '--state', 'all')) as {
    sessions: { id: string }[]
  }
  expect(sessions.map(({ id }) => id)).toContain(row.id)

  expect(await server.run('sessions', 'reset', row.id)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^foulweather: Failed to reset session \d+: HTTP 404: .+\n$/),
  })
})

test('status tells version, seed and what is at work', async () => {
  const status = (await server.ok('status')).split('\n').map((line) => line.split('\t'))
  const names = ['version', 'node', 'seed', 'uptime', 'revision', 'halted', 'proxies', 'faults', 'sessions', 'held']
  expect(status.map(([name]) => name)).toEqual([...names, ''])
  const started = await server.logged('Starting foulweather')
  expect(Object.fromEntries(status)).toMatchObject({ version: started['version'], seed: String(started['seed']) })
  expect(JSON.parse(await server.ok('status', '--json'))).toMatchObject({ seed: started['seed'] })
})

test('names that need encoding can be created, inspected and deleted', async () => {
  const name = 'a/b c:ü%2F'
  await create(name)
  await server.ok('toxic', 'add', name, '-t', 'noop', '-n', 'x/y z')
  expect(await server.ok('inspect', name)).toContain('x/y z\ttype=noop')
  await server.ok('toxic', 'remove', name, '-n', 'x/y z')
  await server.ok('delete', name)
})

test.each([
  [['inspect', 'nope'], 'Failed to retrieve proxy nope: HTTP 404: proxy not found'],
  [['toggle', 'nope'], 'Failed to retrieve proxy nope: HTTP 404: proxy not found'],
  [['delete', 'nope'], 'Failed to delete proxy nope: HTTP 404: proxy not found'],
  [
    ['toxic', 'add', 'nope', '-t', 'noop'],
    'Failed to add toxic: failed to add toxic to proxy nope: AddToxic: HTTP 404: proxy not found',
  ],
  [
    ['toxic', 'update', 'nope', '-n', 't'],
    "Failed to update toxic: failed to update toxic 't' of proxy 'nope': HTTP 404: proxy not found",
  ],
  [
    ['toxic', 'remove', 'nope', '-n', 't'],
    "Failed to remove toxic: failed to remove toxic 't' from proxy 'nope': HTTP 404: proxy not found",
  ],
])('a refusal of the API is one line on stderr and exit code 1: %j', async (argv, message) => {
  expect(await server.run(...argv)).toEqual({ code: 1, stdout: '', stderr: `foulweather: ${message}\n` })
})

test('what exists already, and a toxic type that does not, are named', async () => {
  await create('twice')
  expect(await server.run('create', 'twice', '-l', '127.0.0.1:0', '-u', 'x:1')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'foulweather: Failed to create proxy: HTTP 409: there is a proxy called "twice" already\n',
  })
  const { code, stderr } = await server.run('toxic', 'add', 'twice', '-t', 'latnecy')
  expect(code).toBe(1)
  expect(stderr).toMatch(/AddToxic: HTTP 400: invalid toxic type "latnecy" \(did you mean latency\?\)\n$/)
  expect(await server.run('toxic', 'add', 'twice', '-t', 'bandwidth', '-a', 'rate=-1')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/AddToxic: HTTP 400: bad request body: attribute rate: .*\n$/),
  })
})

test('attributes may have units, and one that the type does not have is refused', async () => {
  await create('units')
  await server.ok('toxic', 'add', 'units', '-t', 'slicer', '-a', 'average_size=1KiB', '-a', 'delay=2ms')
  expect(await server.ok('inspect', 'units')).toContain('[\taverage_size=1024\tdelay=2000\tsize_variation=0\t]')
  await server.ok('toxic', 'update', 'units', '-n', 'slicer_downstream', '-a', 'delay=500us')
  expect(await server.ok('inspect', 'units')).toContain('[\taverage_size=1024\tdelay=500\tsize_variation=0\t]')
  expect(await server.run('toxic', 'update', 'units', '-n', 'slicer_downstream', '-a', 'dealy=1')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "foulweather: Failed to update toxic: failed to update toxic 'slicer_downstream' of proxy 'units': " +
      'slicer has no attribute "dealy"; did you mean delay? (it has: average_size, size_variation, delay)\n',
  })
})

test('toggling leaves what somebody else has changed meanwhile', async () => {
  const listen = await create('shared')
  // Between the reading and the writing of the command the upstream is changed.
  const between = createServer((request, response) => {
    void (async () => {
      const body = request.method === 'GET' ? {} : { body: await text(request) }
      const answer = await server.fetch(request.url ?? '', { method: request.method ?? '', ...body })
      const content = await answer.text()
      if (request.method === 'GET') {
        await server.fetch(request.url ?? '', { method: 'PATCH', body: '{"upstream":"127.0.0.1:9"}' })
      }
      response.writeHead(answer.status).end(content)
    })()
  })
  between.listen(0, '127.0.0.1')
  await once(between, 'listening')
  const { port } = between.address() as AddressInfo
  expect(await server.ok('toggle', 'shared', '--host', `127.0.0.1:${port}`)).toBe('Proxy shared is now disabled\n')
  between.close()
  expect(await listed('shared')).toEqual(['shared', listen, '127.0.0.1:9', 'disabled', '0', 'tcp', 'api'])
})

test('a file of proxies is put in force, and reset brings fair weather back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  const file = async (content: string): Promise<string> => {
    const path = join(directory, 'proxies.json')
    await writeFile(path, content)
    return path
  }
  const entries = ['b', 'a'].map((end) => ({ name: `file-${end}`, listen: '127.0.0.1:0', upstream: echo.address }))
  const path = await file(JSON.stringify(entries))
  const rows = (await server.ok('populate', path)).split('\n').map((line) => line.split('\t'))
  expect(rows).toEqual([await listed('file-b'), await listed('file-a'), ['']])
  const { proxies } = JSON.parse(await server.ok('populate', path, '--json')) as { proxies: object[] }
  expect(proxies).toMatchObject(entries.map(({ name }) => ({ name })))
  expect(await server.ok('populate', await file('[]'))).toBe('')

  await server.ok('toxic', 'add', 'file-a', '-t', 'noop')
  await server.ok('fault', 'add', 'file-a', 'hang')
  const again = await file(JSON.stringify([{ ...entries[1], listen: (await listed('file-a'))[1] }]))
  expect((await server.ok('populate', again)).trimEnd().split('\t')[4]).toBe('2')

  const failure = async (content: string): Promise<unknown> => {
    const { code, stdout, stderr } = await server.run('populate', await file(content))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    return stderr
  }
  expect(await failure('[{"name":"x"')).toMatch(/^foulweather: Failed to populate from .*: it is not JSON: .*\n$/)
  expect(await failure('{}')).toMatch(/proxies\.json: expected a JSON array of proxies\n$/)
  expect(await failure('[{"upstream":"x:1"}]')).toMatch(/: HTTP 400: .*name at proxy 1\n$/)
  await rm(directory, { recursive: true })
  expect((await server.run('populate', path)).stderr).toMatch(/^foulweather: Failed to populate from .*: ENOENT: .*\n$/)

  await server.ok('toggle', 'file-b')
  expect(await server.ok('reset')).toBe('All proxies are enabled and have no faults\n')
  expect((await listed('file-a')).slice(3)).toEqual(['enabled', '0', 'tcp', 'api'])
  expect((await listed('file-b')).slice(3)).toEqual(['enabled', '0', 'tcp', 'api'])
  expect(await server.ok('reset', '--json')).toBe('')
})
