import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FoulweatherProcess, run } from '../../support/cli-process.ts'
import { echoed, Peer } from '../../support/cli-peers.ts'

const SESSIONS = 30

let echo: Peer
let folder: string

beforeAll(async () => {
  ;[echo, folder] = await Promise.all([Peer.echo(), mkdtemp(join(tmpdir(), 'foulweather-replay-'))])
})

afterAll(async () => {
  await echo?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  readonly answers: readonly string[]
  readonly record: string
  readonly seed: number
}

/** Sessions one after the other through a fault of the given probability, on a server of its own. */
async function record(probability: string, ...options: readonly string[]): Promise<Run> {
  await using server = await FoulweatherProcess.start({ argv: options })
  if (options.includes('--replay')) await server.logged('Following a recorded run')
  await server.ok('create', 'pg', '-l', '127.0.0.1:0', '-u', echo.address)
  const listen = (await server.ok('list')).split('\t')[1] ?? ''
  await server.ok('fault', 'add', 'pg', 'limit_data', '--name', 'cut', '--bytes', '2', '--probability', probability)
  const answers: string[] = []
  for (let session = 0; session < SESSIONS; session++) answers.push(await echoed(listen, 'hello'))
  const { seed } = JSON.parse(await server.ok('--json', 'status')) as { seed: number }
  return { answers, seed, record: await server.ok('decisions', '--ndjson') }
}

test('a recorded run is followed: the same sessions are hit, with the seed of then, whatever the probability is now', async () => {
  const recorded = await record('0.5')
  expect(new Set(recorded.answers)).toEqual(new Set(['he', 'hello']))
  const file = join(folder, 'run.ndjson')
  await writeFile(file, recorded.record)
  const again = await record('1', '--replay', file)
  expect(again.answers).toEqual(recorded.answers)
  expect(again.seed).toBe(recorded.seed)
  expect(again.record).toContain('"reason":"replay"')
  const elsewhere = await record('0.5', '--replay', file, '--seed', '1')
  expect([elsewhere.answers, elsewhere.seed]).toEqual([recorded.answers, 1])
})

test.each([
  ['missing.ndjson', undefined, 'no such file'],
  ['broken.ndjson', '{"kind":"session"}', 'line 1: seed: expected a whole number'],
  ['empty.ndjson', '', 'there is no decision in it'],
])('a record that cannot be read ends the start: %s', async (name, content, why) => {
  const file = join(folder, name)
  if (content !== undefined) await writeFile(file, content)
  const { code, stderr } = await run(['serve', '--admin', '127.0.0.1:0', '--replay', file])
  expect(code).toBe(1)
  expect(stderr).toContain(why)
  expect(stderr).toContain(name)
})
