import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FoulweatherClient } from '../../../src/client/index.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import { Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let server: RunningServer
let client: FoulweatherClient
beforeAll(async () => {
  server = await startServer({ seed: 1, admin: { port: 0 } })
  client = new FoulweatherClient({ url: `${server.address}` })
  await client.proxies.create({ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
})
afterAll(() => server?.close())

test('what is running comes as an object, and as the text of a profile', async () => {
  expect(await client.export()).toMatchObject({ proxies: { pg: { upstream: '127.0.0.1:1' } } })
  expect(await client.exportText()).toMatch(/\nproxies:\n {2}pg:\n/)
  expect(JSON.parse(await client.exportText({ format: 'json' }))).toMatchObject({ proxies: { pg: {} } })
  expect(await client.validate(await client.exportText())).toMatchObject({ valid: true })
})

test('decisions come as lines, too', async () => {
  await using peer = await Peer.echo()
  const { listen } = await client.proxies.create({ name: 'echo', listen: '127.0.0.1:0', upstream: peer.address })
  await client.faults('echo').add({ type: 'latency', latency: 1, probability: 0.5 })
  const socket = connect(Number(listen.split(':')[1]), '127.0.0.1')
  socket.on('error', () => {})
  const decisions = await eventually('it is decided', async () => {
    const page = await client.decisions({ proxy: 'echo' })
    return page.total > 0 && page.decisions
  })
  const lines = (await client.decisionsText({ proxy: 'echo' })).trimEnd().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(decisions)
  expect(await client.decisionsText({ proxy: 'nobody' })).toBe('')
  socket.destroy()
})

test('the text of a variable stays one, whatever it looks like', async () => {
  const document = {
    vars: { name: 'x' },
    faults: [{ on: 'pg', name: '${name}', type: 'noop' }],
  }
  for (const name of ['slow', '5', 'true', '"quoted"', 'a=b&c', 'ü\n']) {
    expect(await client.validate(document, { vars: { name } })).toMatchObject({ valid: true, problems: [] })
  }
  const { valid, problems } = await client.validate(document, { vars: { name: 5 } })
  expect({ valid, fields: problems.map(({ field }) => field) }).toEqual({ valid: false, fields: ['faults[0].name'] })
})

test('what the server says is there without what was asked', async () => {
  const error: unknown = await client.proxies.get('nobody').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ status: 404, detail: 'no proxy is called "nobody"' })
})
