import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Ran, runHere } from '../../support/cli-context.ts'

/** Runs a command line with a server that answers everything with this. */
async function answered(body: string, argv: readonly string[]): Promise<Ran> {
  const server = createServer((request, response) => {
    request.resume()
    response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    return await runHere(argv, { env: { FOULWEATHER_URL: `http://127.0.0.1:${port}` } })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const COMMANDS = [
  'status',
  'list',
  'inspect pg',
  'create pg -l 127.0.0.1:0 -u 127.0.0.1:1',
  'toggle pg',
  'toxic add pg -t latency',
  'fault add pg noop',
  'fault list pg',
  'fault show pg x',
  'fault update pg x --probability 10%',
  'fault renew pg x',
  'profile list',
  'profile show x',
  'profile activate x',
  'profile deactivate x',
  'profile renew x',
  'profile reload',
  'halt',
  'resume',
  'sessions',
  'decisions',
  'audit',
  'tail --no-follow',
].map((line) => line.split(' '))

test.each(COMMANDS)('%s %s: JSON of somebody else is no answer', async (...argv) => {
  for (const body of ['{}', 'null', '[{}]', '<html>It works!</html>']) {
    const { code, stdout, stderr } = await answered(body, argv)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^foulweather: .*http:\/\/127\.0\.0\.1:\d+\/\S+ did not answer as an admin API does: .+\n$/)
  }
})

test('what is no proxy is none in a list either', async () => {
  const { code, stderr } = await answered('{"total": 1, "proxies": [{"name": "pg"}]}', ['list'])
  expect(code).toBe(1)
  expect(stderr).toContain('proxies.0.listen Invalid input: expected string, received undefined')
})

test('a server of another version may have words and fields that are not known here', async () => {
  const fault = {
    name: 'x',
    type: 'latency',
    owner: 'api',
    toxic: true,
    warnings: [],
    state: 'resting',
    counters: { seen: 3, selected: 2, active: 1, applied: 0, shadowed: 0, skipped: { whim: 1 }, dreamt: 7 },
    mood: 'fair',
  }
  expect(await answered(JSON.stringify({ faults: [fault] }), ['fault', 'list', 'pg'])).toEqual({
    code: 0,
    stdout: 'x\tlatency\t-\tresting\t-\t3\t2\t0\t-\t-\tapi\n',
    stderr: '',
  })
  const { stdout } = await answered(JSON.stringify(fault), ['fault', 'show', 'pg', 'x'])
  expect(stdout).toContain('\nmood\tfair\n')
})

const PROFILE = {
  name: 'x',
  source: { kind: 'api' },
  state: 'dormant',
  revision: 1,
  labels: {},
  extends: [],
  vars: { d: '1s' },
  proxies: [],
  faults: 0,
  problems: [],
  warnings: [],
}
const SESSION = {
  id: '1',
  proxy: 'pg',
  ordinal: 1,
  state: 'musing',
  client: 'c:1',
  upstream: 'u:1',
  upstreamAddress: '',
  started: '2026-01-31T12:00:00Z',
  ageMs: 5,
  bytes: { upstream: { received: 0, sent: 0 }, downstream: { received: 0, sent: 0 } },
  held: { upstream: 0, downstream: 0 },
  stages: { upstream: [], downstream: [] },
  touchedBy: [],
  ending: null,
}
const PROXY = { name: 'pg', listen: 'l:1', upstream: 'u:1', enabled: true, protocol: 'quic', owner: 'api', faults: [] }
const DECISION = {
  seq: 1,
  time: '2026-01-31T12:00:00Z',
  seed: 1,
  proxy: 'pg',
  fault: 'x',
  type: 'latency',
  kind: 'hunch',
  selected: false,
  reason: 'whim',
}

describe.each([
  ['list', (proxy: object) => ({ total: 1, proxies: [proxy] }), PROXY, 'protocol'],
  ['profile list', (profile: object) => ({ total: 1, profiles: [profile] }), PROFILE, 'state'],
  ['profile show x', (profile: object) => profile, PROFILE, 'state'],
  ['sessions', (session: object) => ({ total: 1, sessions: [session] }), SESSION, 'state'],
  ['decisions', (decision: object) => ({ total: 1, decisions: [decision] }), DECISION, 'kind'],
  ['decisions', (decision: object) => ({ total: 1, decisions: [decision] }), DECISION, 'reason'],
  ['profile show x', (profile: object) => profile, PROFILE, 'vars.d'],
] as const)('%s', (line, answer, thing, field) => {
  const command = line.split(' ')
  const [name = '', inner] = field.split('.')
  const withField = (value: unknown) =>
    JSON.stringify(answer({ ...thing, [name]: inner === undefined ? value : { [inner]: value } }))

  test(`takes any word for ${field}`, async () => {
    const { code, stdout, stderr } = await answered(withField('unheard-of'), command)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('unheard-of')
  })

  const isOptional = field === 'reason' || inner !== undefined
  test.each([{}, [1], ...(isOptional ? [] : [null, 5, undefined])])(`takes %j for no ${field}`, async (value) => {
    const { code, stdout, stderr } = await answered(withField(value), command)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`did not answer as an admin API does: `)
    expect(stderr).toContain(`${field} Invalid`)
  })
})

test('--json is the answer to the letter', async () => {
  const text = '{"since": "2026-01-31T12:00:00Z" , "halted":true, "n": 1.0e2}'
  expect(await answered(text, ['resume', '--json'])).toEqual({ code: 0, stdout: `${text}\n`, stderr: '' })
  expect(await answered(text, ['fault', 'remove', 'pg', 'x', '--json'])).toMatchObject({ stdout: `${text}\n` })
  expect(await answered('', ['fault', 'remove', 'pg', 'x', '--json'])).toEqual({ code: 0, stdout: '', stderr: '' })
})
