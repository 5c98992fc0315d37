import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
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

test('--json is the answer to the letter', async () => {
  const text = '{"since": "2026-01-31T12:00:00Z" , "halted":true, "n": 1.0e2}'
  expect(await answered(text, ['resume', '--json'])).toEqual({ code: 0, stdout: `${text}\n`, stderr: '' })
  expect(await answered(text, ['fault', 'remove', 'pg', 'x', '--json'])).toMatchObject({ stdout: `${text}\n` })
  expect(await answered('', ['fault', 'remove', 'pg', 'x', '--json'])).toEqual({ code: 0, stdout: '', stderr: '' })
})
