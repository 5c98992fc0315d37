import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FoulweatherProcess } from '../../support/cli-process.ts'
import { dial, Peer } from '../../support/cli-peers.ts'
import { eventually } from '../../support/wait.ts'

let directory: string
let profiles: string
let echo: Peer

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  profiles = join(directory, 'profiles')
  await mkdir(profiles)
  echo = await Peer.echo()
})

afterEach(async () => {
  await echo[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const document = (latency: number | string): string => `
active: true
proxies:
  pg: { listen: "127.0.0.1:0", upstream: "${echo.address}" }
faults:
  - on: pg
    type: latency
    latency: ${latency}
`

async function latencyOf(server: FoulweatherProcess): Promise<unknown> {
  const { faults } = (await (await server.fetch('/v1/proxies/pg/faults')).json()) as { faults: { latency: number }[] }
  return faults[0]?.latency
}

describe('SIGHUP', () => {
  test('reads the profiles anew, as a save does by itself', async () => {
    await writeFile(join(profiles, 'one.yaml'), document(1))
    await using server = await FoulweatherProcess.start({ argv: ['--profiles', profiles] })
    expect(await latencyOf(server)).toBe(1)
    await writeFile(join(profiles, 'one.yaml'), document(2))
    await eventually('the save is in force', async () => (await latencyOf(server)) === 2)
    server.signal('SIGHUP')
    await writeFile(join(profiles, 'one.yaml'), document(3))
    server.signal('SIGHUP')
    await eventually('the next one too', async () => (await latencyOf(server)) === 3)
    const reloads = server.log.filter(({ action }) => action === 'profile-reloaded')
    expect(new Set(reloads.map(({ actor }) => actor)).size).toBeGreaterThan(0)
    for (const { actor } of reloads) expect(['file', 'SIGHUP']).toContain(actor)
  })

  test('a bad save is logged with its place, keeps what is in force, and the next good one mends it', async () => {
    const file = join(profiles, 'one.yaml')
    await writeFile(file, document(1))
    await using server = await FoulweatherProcess.start({ argv: ['--profiles', profiles] })
    await writeFile(file, document('quick'))
    server.signal('SIGHUP')
    const line = await eventually('the mistake is logged', () =>
      server.log.find(({ message }) => message.startsWith('A profile cannot be used: ')),
    )
    expect(line).toMatchObject({ level: 'error', profile: 'one', file, line: 8, column: 14 })
    expect(line.message).toContain(`${file}:8:14: `)
    expect(await latencyOf(server)).toBe(1)
    await writeFile(file, document(2))
    server.signal('SIGHUP')
    await eventually('the mend is in force', async () => (await latencyOf(server)) === 2)
  })

  test('without profiles it does nothing, and a hundred of them end nothing', async () => {
    await using server = await FoulweatherProcess.start()
    for (let count = 0; count < 100; count++) server.signal('SIGHUP')
    expect((await server.fetch('/version')).status).toBe(200)
    expect((await server.stop()).code).toBe(0)
  })
})

describe('SIGUSR2', () => {
  test('halts everything; proxies go on', async () => {
    await writeFile(join(profiles, 'one.yaml'), document(60_000))
    await using server = await FoulweatherProcess.start({ argv: ['--profiles', profiles] })
    const { listen } = (await (await server.fetch('/v1/proxies/pg')).json()) as { listen: string }
    const socket = await dial(listen)
    let received = ''
    socket.on('data', (bytes) => (received += String(bytes)))
    socket.write('held')
    server.signal('SIGUSR2')
    await eventually('what was held goes on', () => received === 'held')
    expect(await latencyOf(server)).toBeUndefined()
    const line = await eventually('it is logged', () => server.log.find(({ action }) => action === 'halted'))
    expect(line).toMatchObject({ actor: 'SIGUSR2' })
    const body = JSON.stringify({ type: 'latency', latency: 1 })
    const refused = await server.fetch('/v1/proxies/pg/faults', { method: 'POST', body })
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ code: 'halted' })
    socket.destroy()
  })
})

describe('--halt-file', () => {
  test('halts at the start and while it is there', async () => {
    const file = join(directory, 'stop')
    await writeFile(file, 'maintenance\n')
    await writeFile(join(profiles, 'one.yaml'), document(1))
    await using server = await FoulweatherProcess.start({ argv: ['--profiles', profiles, '--halt-file', file] })
    expect(server.log.find(({ action }) => action === 'halted')).toMatchObject({
      actor: 'halt-file',
      reason: 'maintenance',
    })
    // The proxy serves, without its fault.
    expect((await server.fetch('/v1/proxies/pg')).status).toBe(200)
    expect(await latencyOf(server)).toBeUndefined()

    const refused = await server.fetch('/v1/resume', { method: 'POST' })
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain(file)
    await rm(file)
    expect((await server.fetch('/v1/resume', { method: 'POST' })).ok).toBe(true)
  })

  test('halts when it appears', async () => {
    const file = join(directory, 'stop')
    await writeFile(join(profiles, 'one.yaml'), document(1))
    await using server = await FoulweatherProcess.start({ argv: ['--profiles', profiles, '--halt-file', file] })
    expect(await latencyOf(server)).toBe(1)
    await writeFile(file, '')
    await eventually('the fault is gone', async () => (await latencyOf(server)) === undefined)
  })
})
