import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open as openHandle, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditFile, type AuditFileOptions } from '../../../../src/observe/audit/file.ts'
import { eventually } from '../../../support/wait.ts'

let folder: string
let log: Record<string, unknown>[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foulweather-audit-'))
  log = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function open(options: Partial<AuditFileOptions> = {}): AuditFile & { readonly path: string } {
  const path = options.path ?? join(folder, 'audit.jsonl')
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void log.push(JSON.parse(line)) })
  return Object.assign(new AuditFile({ ...options, path }, logger), { path })
}

const line = (n: number): string => JSON.stringify({ revision: n })
const read = (path: string): Promise<string> => readFile(path, 'utf8')
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${line(from + i)}\n`).join('')

test('every line is in the file, in order, when it is closed; only its owner may read it', async () => {
  const file = open()
  for (let n = 1; n <= 5000; n++) file.append(line(n))
  await file.close()
  expect(await read(file.path)).toBe(lines(1, 5000))
  expect((await stat(file.path)).mode & 0o777).toBe(0o600)
  expect([file.dropped, log]).toEqual([0, []])
})

test('lines are added to a file that is there, on lines of their own', async () => {
  const one = open()
  one.append(line(1))
  await one.close()
  await writeFile(one.path, '{"revision":2', { flag: 'a' })
  const two = open()
  two.append(line(3))
  await two.close()
  expect(await read(one.path)).toBe('{"revision":1}\n{"revision":2\n{"revision":3}\n')
})

test('a full file becomes the one before it, of which there is one', async () => {
  const file = open({ maxBytes: 1000 })
  for (let n = 100; n < 300; n++) {
    file.append(line(n))
    if (n % 10 === 0)
      await eventually('it is written', async () => (await read(file.path).catch(() => '')).includes(line(n)))
  }
  await file.close()
  const [before, now] = [await read(`${file.path}.1`), await read(file.path)]
  for (const text of [before, now]) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000)
  // 58 lines of 17 bytes have room in a file.
  expect([before, now]).toEqual([lines(216, 273), lines(274, 299)])
})

test('a line that is longer than a file has one of its own', async () => {
  const file = open({ maxBytes: 100 })
  for (const text of ['a', 'b'.repeat(500), 'c']) file.append(text)
  await file.close()
  expect([await read(`${file.path}.1`), await read(file.path)]).toEqual([`${'b'.repeat(500)}\n`, 'c\n'])
})

test('a file that was moved away is made anew', async () => {
  const file = open()
  file.append(line(1))
  await eventually('it is written', async () => (await read(file.path).catch(() => '')) !== '')
  await unlink(file.path)
  file.append(line(2))
  await file.close()
  expect(await read(file.path)).toBe(lines(2, 2))
})

test('a full disk holds nobody up: what finds no room is dropped, with one line in the log', async () => {
  const file = open({ path: '/dev/full', queueBytes: 1000, retryMs: 5 })
  for (let n = 100; n < 300; n++) file.append(line(n))
  expect(file.dropped).toBe(200 - 58)
  await eventually('it is said', () => log.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(log).toMatchObject([{ level: 50, file: '/dev/full', error: expect.stringContaining('does not keep up') }])
  await file.close()
  expect(file.dropped).toBe(200)
  expect(log).toMatchObject([{}, { level: 50, file: '/dev/full', dropped: 58 }])
})

test('a failure is told as the system words it', async () => {
  const file = open({ path: '/dev/full', retryMs: 5 })
  file.append(line(1))
  await eventually('it is said', () => log.length > 0)
  expect(log).toMatchObject([{ level: 50, error: expect.stringContaining('ENOSPC') }])
  await file.close()
  expect([file.dropped, log.length]).toEqual([1, 2])
})

test('it goes on when the disk can be written again, and says how much is missing', async () => {
  const path = join(folder, 'later', 'audit.jsonl')
  const file = open({ path, queueBytes: 1000, retryMs: 5 })
  for (let n = 100; n < 300; n++) file.append(line(n))
  await eventually('it has failed', () => log.length > 0)
  await mkdir(join(folder, 'later'))
  await eventually('it is written again', () => log.length === 2)
  file.append(line(300))
  await file.close()
  expect(log[1]).toMatchObject({ level: 30, file: path, dropped: 142 })
  expect(await read(path)).toBe(`${lines(100, 157)}${line(300)}\n`)
})

test('a pipe that nobody reads holds nobody up, and is written when somebody does', async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const file = open({ path, retryMs: 5, queueBytes: 10_000 })
  const before = performance.now()
  for (let n = 1000; n < 2000; n++) file.append(line(n))
  expect(performance.now() - before).toBeLessThan(1000)
  await eventually('it is said', () => log.length > 0)
  expect(log).toMatchObject([{ error: 'the disk does not keep up' }])
  const { dropped } = file
  expect(dropped).toBe(1000 - 555)
  const reader = createReadStream(path, 'utf8')
  let text = ''
  reader.on('data', (chunk) => (text += String(chunk)))
  await eventually('what was kept has come', () => text === lines(1000, 1554))
  await file.close()
  expect(file.dropped).toBe(dropped)
  reader.destroy()
})

test('a pipe whose reader has stopped is not waited for when it is closed', async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  // Somebody has it open, and does not read.
  await using reader = await openHandle(path, 'r+')
  const file = open({ path, retryMs: 5 })
  for (let n = 0; n < 20_000; n++) file.append(line(100_000 + n))
  await eventually('the pipe is full', () => log.length > 0)
  expect(log).toMatchObject([{ error: expect.stringContaining('EAGAIN') }])
  await file.close()
  // What is in the pipe is what it says, to the byte.
  const { bytesRead, buffer } = await reader.read(Buffer.alloc(100_000))
  const whole = buffer.toString('utf8', 0, bytesRead).split('\n').slice(0, -1)
  expect(file.dropped).toBe(20_000 - whole.length)
  expect(whole.at(-1)).toBe(line(100_000 + whole.length - 1))
})
