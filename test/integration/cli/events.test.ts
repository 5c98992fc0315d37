import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { runHere } from '../../support/cli-context.ts'
import { MAIN } from '../../support/cli-process.ts'
import { EventsRig } from '../../support/events-rig.ts'
import { freePort } from '../../support/ports.ts'
import { eventually } from '../../support/wait.ts'

/** `foulweather events` as a process that goes on. */
class Events implements AsyncDisposable {
  stdout = ''
  stderr = ''
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly closed: Promise<unknown[]>

  constructor(url: string, ...argv: readonly string[]) {
    const env = { PATH: process.env['PATH'], FOULWEATHER_URL: url }
    this.child = spawn(process.execPath, [MAIN, 'events', ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.closed = once(this.child, 'close')
    this.child.stdout.on('data', (chunk) => (this.stdout += String(chunk)))
    this.child.stderr.on('data', (chunk) => (this.stderr += String(chunk)))
  }

  /** Columns 2 and 3 of its lines, as soon as there are so many. */
  told(count: number): Promise<readonly string[]> {
    return eventually(`${count} lines, of ${JSON.stringify([this.stdout, this.stderr])}`, () => {
      const lines = this.stdout.split('\n').slice(0, -1)
      return lines.length >= count && lines.map((line) => line.split('\t').slice(1, 3).join(' '))
    })
  }

  says(text: string): Promise<unknown> {
    return eventually(`stderr says ${text}, and not ${this.stderr}`, () => this.stderr.includes(text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.closed
  }
}

const listening = (rig: EventsRig) => eventually('somebody listens', () => rig.hub.subscribers === 1)

async function add(rig: EventsRig, ...names: readonly string[]): Promise<void> {
  for (const name of names) await rig.control.addFault('pg', { name, type: 'latency', latency: 1 })
}

test('follows, and ends with 0 when it is interrupted', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  await using events = new Events(rig.url, '--type', 'fault-*', '--proxy', 'pg')
  await listening(rig)
  await rig.proxy('redis')
  await add(rig, 'a', 'b')
  expect(await events.told(2)).toEqual(['fault-added pg/a', 'fault-added pg/b'])
  events.child.kill('SIGINT')
  expect(await events.closed).toEqual([0, null])
  expect(events.stderr).toBe('')
  await eventually('it has left', () => rig.hub.subscribers === 0)
})

test('a connection that breaks is made again, without a gap and without a double', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  await using events = new Events(rig.url, '--type', 'fault-added')
  await listening(rig)
  await add(rig, 'a')
  await events.told(1)
  rig.admin.hapi.listener.closeAllConnections?.()
  await add(rig, 'b')
  await events.says('tells again')
  await add(rig, 'c')
  expect(await events.told(3)).toEqual(['fault-added pg/a', 'fault-added pg/b', 'fault-added pg/c'])
  expect(events.stderr).toMatch(/^Cannot reach http\S+ .*Trying again until it answers\.\nthe server tells again\n$/)
})

test('a server that is started anew is found again, and what may be missing is said', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const first = await EventsRig.listening({}, { port })
  await first.proxy('pg')
  await using events = new Events(url, '--type', 'fault-*')
  await listening(first)
  await add(first, 'a')
  await events.told(1)
  await first[Symbol.asyncDispose]()
  await events.says('the server has ended the stream')
  await using second = await EventsRig.listening({}, { port })
  await second.proxy('pg')
  await add(second, 'b')
  expect(await events.told(3)).toEqual(['fault-added pg/a', 'missed -', 'fault-added pg/b'])
})

test('begins behind an event, prints JSON, and ends after so many', async () => {
  await using rig = await EventsRig.listening()
  await rig.proxy('pg')
  const env = { FOULWEATHER_URL: rig.url }
  const first = runHere(['events', '--type', 'fault-*', '--json', '--count', '1'], { env })
  await listening(rig)
  await add(rig, 'a', 'b', 'c')
  const { code, stdout, stderr } = await first
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const event = JSON.parse(stdout) as { id: string }
  expect(event).toMatchObject({ type: 'fault-added', fault: 'a', proxy: 'pg', after: { latency: 1 } })
  const rest = await runHere(['events', '--type', 'fault-*', '--since', event.id, '--count', '2'], { env })
  expect(rest.stdout.split('\n').map((line) => line.split('\t')[2])).toEqual(['pg/b', 'pg/c', undefined])
})

test('what cannot be followed is an error at once', async () => {
  await using rig = await EventsRig.listening()
  const env = { FOULWEATHER_URL: rig.url }
  expect(await runHere(['events', '--type', 'fault-aded'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('HTTP 400: type is "fault-aded"'),
  })
  expect(await runHere(['events', '--since', '12'], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected the id of an event, such as k3f9x2-12.'),
  })
  const nobody = { FOULWEATHER_URL: `http://127.0.0.1:${await freePort()}` }
  expect(await runHere(['events'], { env: nobody })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('connection refused'),
  })
})
