import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { closedWindows, type Knock, type Tick } from '../../../bench/cases/fidelity/windows.ts'
import { loadServer } from '../../../bench/cases/rounds.ts'
import { Program, runNode } from '../../../bench/program.ts'

const DEADLINE_MS = 20_000

test('exchanges: so many on each connection, one at a time, the first not counted', async () => {
  await using server = await loadServer('exchange-server.ts', 100, 1000)()
  const { times } = await runNode<{ times: number[] }>(
    DEADLINE_MS,
    'load/exchanges.ts',
    server.port,
    4,
    40,
    100,
    1000,
    0,
  )
  expect(times).toHaveLength(40)
  expect(Math.min(...times)).toBeGreaterThan(0)
})

test('exchanges: a connection that is closed is an error, not a short list', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const exchanges = runNode(DEADLINE_MS, 'load/exchanges.ts', port, 1, 10, 100, 1000, 0)
  await expect(exchanges).rejects.toThrow('closed from the other side')
  server.close()
})

test('ticks: every byte comes back, sent before received', async () => {
  await using server = await loadServer('echo-server.ts')()
  const { ticks } = await runNode<{ ticks: Tick[] }>(DEADLINE_MS, 'load/ticks.ts', server.port, 0.3, 1)
  expect(ticks.length).toBeGreaterThan(20)
  expect(ticks.every(([sent, received]) => received >= sent)).toBe(true)
  expect(Math.abs((ticks[0]?.[0] ?? 0) - Date.now())).toBeLessThan(DEADLINE_MS)
})

test('knocks: open while the server is there, and not afterwards', async () => {
  const server = await loadServer('echo-server.ts')()
  const knocking = runNode<{ knocks: Knock[] }>(DEADLINE_MS, 'load/knocks.ts', server.port, 1.5, 5)
  await new Promise((resolve) => setTimeout(resolve, 700))
  await server[Symbol.asyncDispose]()
  const { knocks } = await knocking
  expect(knocks.at(0)?.[1]).toBe(1)
  expect(knocks.at(-1)?.[1]).toBe(0)
  // It never came back.
  expect(closedWindows(knocks)).toEqual([])
})

test('chatter: nearly what was asked for is answered', async () => {
  await using server = await loadServer('echo-server.ts')()
  await using program = Program.node('load/chatter.ts', server.port, 20, 500, 0.5)
  expect(await program.firstLine()).toEqual({ open: 20 })
  const [, line = ''] = (await program.output(DEADLINE_MS)).split('\n')
  const { answered, roundTrips } = JSON.parse(line) as { answered: number; roundTrips: number[] }
  expect(roundTrips).toHaveLength(answered)
  expect(answered).toBeGreaterThan(100)
  expect(answered).toBeLessThanOrEqual(260)
})
