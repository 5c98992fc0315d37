import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FoulweatherClient, FoulweatherError } from '../../../src/client/index.ts'
import { runHere } from '../../support/cli-context.ts'

/** Says what it was asked for, and has none of it. */
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
  request.resume()
  response.writeHead(204).end()
})
let url: string
let client: FoulweatherClient
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = new FoulweatherClient({ url })
})
afterAll(() => server.close())

const CALLS: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
  ['proxies.get', (name) => client.proxies.get(name)],
  ['proxies.delete', (name) => client.proxies.delete(name)],
  ['faults(name).list', (name) => client.faults(name).list()],
  ['faults.remove', (name) => client.faults('pg').remove(name)],
  ['profiles.get', (name) => client.profiles.get(name)],
  ['profiles.activate', (name) => client.profiles.activate(name)],
  ['sessions.reset', (name) => client.sessions.reset(name)],
]

test.each(CALLS)('%s: names that no URL can name are refused, and nobody is asked', async (_, call) => {
  for (const name of ['', '.', '..']) {
    const error: unknown = await call(name).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FoulweatherError)
    expect(error).toMatchObject({ code: 'invalid_value', field: 'name', value: name })
  }
  expect(asked).toEqual([])
})

test('every other name is sent as one place of the path', async () => {
  for (const name of ['...', ' ', 'a/b', '..%2F', '?', '#', 'é']) await client.proxies.delete(name)
  expect(asked.splice(0)).toEqual(
    ['...', '%20', 'a%2Fb', '..%252F', '%3F', '%23', '%C3%A9'].map((name) => `DELETE /v1/proxies/${name}`),
  )
})

test.each([
  'inspect',
  'delete',
  'toggle',
  'toxic remove pg --toxicName',
  'fault remove pg',
  'profile deactivate',
  'sessions reset',
])('foulweather %s says so, too', async (line) => {
  for (const name of ['', '..']) {
    const { code, stderr } = await runHere([...line.split(' '), name], { env: { FOULWEATHER_URL: url } })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `foulweather: name is ${JSON.stringify(name)}, which a URL cannot name; expected at least one character, and not "." or ".."\n`,
    })
  }
  expect(asked).toEqual([])
})
