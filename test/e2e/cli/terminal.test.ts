import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer } from '../../../src/server.ts'
import type { RunningServer } from '../../../src/server.ts'
import { runHere } from '../../support/cli-context.ts'
import { dial, Peer } from '../../support/cli-peers.ts'

let server: RunningServer
let echo: Peer

beforeAll(async () => {
  server = await startServer({ admin: { port: 0 } })
  echo = await Peer.echo()
})

afterAll(async () => {
  await server.close()
  await echo[Symbol.asyncDispose]()
})

/** What a person sees: output for a terminal, without its colours. */
async function seen(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(argv, {
    terminal: true,
    env: { FOULWEATHER_URL: `http://${server.address}` },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toBe(stripVTControlCharacters(stdout))
  return stripVTControlCharacters(stdout)
}

test('nothing to list is said, with what to try next', async () => {
  expect(await seen('list')).toMatch(/^no proxies\nCreate one: foulweather create/)
})

test('proxies, toxics and sessions have headers and hints', async () => {
  const { listen } = await server.control.createProxy({ name: 'p', listen: '127.0.0.1:0', upstream: echo.address })
  expect(await seen('inspect', 'p')).toMatch(
    /^p {2}listen 127\.0\.0\.1:\d+ {2}upstream .*\n\nProxy has no toxics enabled\.\nAdd one: /,
  )
  const rows = (await seen('list')).split('\n')
  expect(rows[0]).toMatch(/^Name +Listen +Upstream +Enabled +Faults/)
  expect(rows[1]).toMatch(/^p +127\.0\.0\.1:\d+ +127\.0\.0\.1:\d+ +enabled +None/)

  const env = { FOULWEATHER_URL: `http://${server.address}` }
  await runHere(['fault', 'add', 'p', 'hang', '--probability', '0'], { env })
  expect(await seen('inspect', 'p')).toMatch(
    /\n\nProxy has no toxics enabled\.\nFaults that are no toxics: hang\nSee them: foulweather fault list p\n$/,
  )
  await runHere(['fault', 'remove', 'p', 'hang'], { env })
  await runHere(['toxic', 'add', 'p', '-t', 'latency'], { env })
  await runHere(['toxic', 'add', 'p', '-t', 'noop', '-u'], { env })
  expect(await seen('inspect', 'p')).toMatch(
    /\nupstream toxics\n {2}noop_upstream .*\ndownstream toxics\n {2}latency_downstream /,
  )

  const socket = await dial(listen)
  expect(await seen('sessions')).toMatch(/^Id +Proxy +State .*\n1 +p +\w+ +127\.0\.0\.1:\d+/)
  socket.destroy()
})

test('an update shows what has come of it', async () => {
  const { code, stdout } = await runHere(['toxic', 'update', 'p', '-n', 'latency_downstream', '-a', 'latency=1.5s'], {
    terminal: true,
    env: { FOULWEATHER_URL: `http://${server.address}` },
  })
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^Updated toxic 'latency_downstream' on proxy 'p'\n {2}latency_downstream .* {2}jitter=0 {2}latency=1500 .*\n$/,
  )
})

test('a toggled proxy and the status are in colour', async () => {
  expect(await seen('toggle', 'p')).toBe('Proxy p is now disabled\n')
  expect(await seen('status')).toMatch(/^version\t.*\nnode\t/)
})

test('help has no colours of its own', async () => {
  const { stdout } = await runHere(['--help'], { terminal: true })
  expect(stdout).toBe(stripVTControlCharacters(stdout))
})
