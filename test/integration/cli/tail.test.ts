import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAIN, run } from '../../support/cli-process.ts'
import { ExchangeRig } from '../../support/exchange-rig.ts'
import { freePort } from '../../support/ports.ts'
import { eventually } from '../../support/wait.ts'

let rig: ExchangeRig
beforeEach(async () => {
  rig = await ExchangeRig.start()
})
afterEach(() => rig[Symbol.asyncDispose]())

/** `foulweather tail` as a process that goes on. */
class Tail implements AsyncDisposable {
  stdout = ''
  stderr = ''
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly closed: Promise<unknown[]>

  constructor(url: string, ...argv: readonly string[]) {
    const env = { PATH: process.env['PATH'], FOULWEATHER_URL: url }
    this.child = spawn(process.execPath, [MAIN, 'tail', ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.closed = once(this.child, 'close')
    this.child.stdout.on('data', (chunk) => (this.stdout += String(chunk)))
    this.child.stderr.on('data', (chunk) => (this.stderr += String(chunk)))
  }

  /** The paths that it has shown, as soon as there are so many. */
  paths(count: number): Promise<readonly string[]> {
    return eventually(`${count} lines, of ${JSON.stringify([this.stdout, this.stderr])}`, () => {
      const lines = this.stdout.split('\n').slice(0, -1)
      return lines.length >= count && lines.map((line) => line.split('\t')[3] ?? '')
    })
  }

  says(text: string): Promise<unknown> {
    return eventually(`stderr says ${text}, and not ${this.stderr}`, () => this.stderr.includes(text))
  }

  async stop(signal: NodeJS.Signals): Promise<unknown[]> {
    this.child.kill(signal)
    return await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop('SIGKILL')
  }
}

const targets = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ target: `/${from + i}` }))
const paths = (from: number, to: number) => targets(from, to).map(({ target }) => target)

test.each(['SIGINT', 'SIGTERM'] as const)('shows the latest, follows, and ends with 0 at %s', async (signal) => {
  rig.record('api', ...targets(1, 12))
  await using tail = new Tail(rig.url)
  expect(await tail.paths(10)).toEqual(paths(3, 12))
  rig.record('cdn', ...targets(13, 14))
  expect(await tail.paths(12)).toEqual(paths(3, 14))
  rig.record('api', ...targets(15, 15))
  expect(await tail.paths(13)).toEqual(paths(3, 15))
  expect(await tail.stop(signal)).toEqual([0, null])
  expect(tail.stderr).toBe('')
})

test('filters hold for what comes', async () => {
  await using tail = new Tail(rig.url, 'api', '--status', '5xx,none', '--origin', 'injected', '--fault', 'err')
  await tail.says('there is no proxy called "api" now')
  const wanted = { origin: 'injected' as const, faults: ['slow', 'err'] }
  rig.record('api', { target: '/a' }, { ...wanted, target: '/b', status: 503 })
  rig.record('cdn', { ...wanted, target: '/c', status: 503 })
  rig.record('api', { ...wanted, target: '/d', status: 404 }, { ...wanted, target: '/e', status: 0 })
  expect(await tail.paths(2)).toEqual(['/b', '/e'])
})

test('what the server did not keep is told of', async () => {
  await rig[Symbol.asyncDispose]()
  rig = await ExchangeRig.start({ kept: 5 })
  rig.record('api', { target: '/first' })
  await using tail = new Tail(rig.url)
  await tail.paths(1)
  // At once: nobody can ask in between.
  rig.record('api', ...targets(1, 12))
  expect(await tail.paths(6)).toEqual(['/first', ...paths(8, 12)])
  expect(tail.stderr).toBe('7 exchanges were missed: the server keeps the latest 5 (serve --exchanges)\n')
})

test('a server that goes and comes again is followed, whatever it has counted meanwhile', async () => {
  const port = await freePort()
  await rig[Symbol.asyncDispose]()
  rig = await ExchangeRig.start({ port })
  rig.record('api', { target: '/before' })
  await using tail = new Tail(rig.url)
  await tail.paths(1)
  await rig[Symbol.asyncDispose]()
  await tail.says('Cannot reach')
  rig = await ExchangeRig.start({ port })
  rig.record('api', ...targets(1, 3))
  expect(await tail.paths(4)).toEqual(['/before', ...paths(1, 3)])
  expect(tail.stderr.split('\n')).toEqual([
    expect.stringMatching(/^Cannot reach http:.* Trying again until it answers\.$/),
    'the server has been started anew',
    '',
  ])
  rig.record('api', ...targets(4, 4))
  expect(await tail.paths(5)).toEqual(['/before', ...paths(1, 4)])
})

test('ends with 0 when nobody reads it any more', async () => {
  rig.record('api', { target: '/a' })
  await using tail = new Tail(rig.url)
  await tail.paths(1)
  tail.child.stdout.destroy()
  rig.record('api', { target: '/b' })
  expect(await tail.closed).toEqual([0, null])
  expect(tail.stderr).toBe('')
})

test('an end is an end where the first call fails', async () => {
  const { code, stdout, stderr } = await run(['tail'], { FOULWEATHER_URL: `http://127.0.0.1:${await freePort()}` })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^foulweather: Cannot reach .*\n$/)
})
