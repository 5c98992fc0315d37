import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../../../src/engine/data-plane.ts'
import type { EngineEvents } from '../../../../src/engine/events.ts'
import type { Change } from '../../../../src/observe/events/change.ts'
import { createEventHub } from '../../../../src/observe/events/hub.ts'
import { EventStream } from '../../../../src/observe/events/stream.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** A reader that takes as much as it is allowed to. */
class Reader extends Writable {
  text = ''
  allowed = Infinity
  #waiting: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    if (--this.allowed > 0) done()
    else this.#waiting = done
  }

  allow(pieces: number): void {
    this.allowed = pieces
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }
}

class Rig {
  readonly clock = new ManualClock()
  readonly changes = new EventEmitter<{ changed: [Change] }>()
  readonly hub = createEventHub({
    control: { events: this.changes, clock: this.clock },
    dataPlane: { snapshot: () => ({ proxies: [] }) as unknown as Snapshot, events: new EventEmitter<EngineEvents>() },
    kept: 1000,
  })
  readonly reader = new Reader()
  disconnects = 0
  #revision = 0

  change(bytes: number): void {
    const time = '2026-01-31T12:00:00.000Z'
    const change = { revision: ++this.#revision, time, action: 'halted', before: null, after: null }
    this.changes.emit('changed', { ...change, reason: 'x'.repeat(bytes) })
  }

  stream(after?: string): EventStream {
    const [epoch = '', number = ''] = after?.split('-') ?? []
    const stream = new EventStream({
      hub: this.hub,
      filter: { type: (name) => name === 'halted' },
      ...(after === undefined ? {} : { after: { epoch, number: Number(number) } }),
      unsent: () => this.reader.writableLength,
      disconnect: () => this.disconnects++,
    })
    stream.pipe(this.reader)
    return stream
  }

  /** With turns of the loop in between, as they are there when it is not by hand. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      this.clock.advance(Math.min(left, 5000))
      await setImmediate()
      await setImmediate()
    }
  }

  get revisions(): readonly number[] {
    return [...this.reader.text.matchAll(/"revision":(\d+)/g)].map(([, revision]) => Number(revision))
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

test('changes of one turn are written together, behind where the stream begins', async () => {
  const rig = new Rig()
  const { position } = rig.hub
  rig.stream()
  await setImmediate()
  rig.reader.allow(1)
  for (let n = 0; n < 100; n++) rig.change(10)
  await setImmediate()
  await setImmediate()
  expect(rig.revisions).toEqual(upTo(100))
  expect(rig.reader.text.startsWith(`retry: 1000\nid: ${position}\n\nid: `)).toBe(true)
})

test('a reader with pauses is told everything, in order and once', async () => {
  const rig = new Rig()
  const stream = rig.stream()
  for (let round = 0; round < 30; round++) {
    rig.reader.allow(round % 3)
    for (let n = 0; n < 20; n++) rig.change(5000)
    await setImmediate()
    rig.clock.advance(5000)
  }
  rig.reader.allow(Infinity)
  while (rig.revisions.length < 600) await setImmediate()
  expect(rig.revisions).toEqual(upTo(600))
  expect([rig.hub.dropped, stream.destroyed]).toEqual([0, false])
})

test('for whom more than 4 MiB wait the connection ends, and it is counted', async () => {
  const rig = new Rig()
  const stream = rig.stream()
  await setImmediate()
  rig.reader.allow(1)
  let bytes = 0
  while (!stream.destroyed && bytes < 8 * 2 ** 20) {
    rig.change(10_000)
    bytes += 10_100
    await setImmediate()
  }
  expect(bytes / 2 ** 20).toBeGreaterThan(3.9)
  expect(bytes / 2 ** 20).toBeLessThan(4.5)
  expect(rig.hub).toMatchObject({ dropped: 1, subscribers: 0 })
  expect([rig.disconnects, rig.clock.armed]).toEqual([1, 0])
  // Most of it waited in the stream, where readers share it.
  expect(rig.reader.writableLength).toBeLessThan(256 * 1024)
})

test('what is told again does not count for that', async () => {
  const rig = new Rig()
  const { position } = rig.hub
  for (let n = 0; n < 270; n++) rig.change(15_000)
  rig.reader.allow(1)
  const stream = rig.stream(position)
  for (let n = 0; n < 270; n++) rig.change(15_000)
  await setImmediate()
  expect(stream.destroyed).toBe(false)
  rig.reader.allow(Infinity)
  while (rig.revisions.length < 540) await setImmediate()
  expect(rig.revisions).toEqual(upTo(540))
})

test('who takes nothing for ten seconds while something waits is dropped', async () => {
  const rig = new Rig()
  const stream = rig.stream()
  await setImmediate()
  await rig.pass(60_000)
  expect(stream.destroyed).toBe(false)
  rig.reader.allow(0)
  for (let n = 0; n < 3; n++) {
    rig.change(10)
    await setImmediate()
  }
  await rig.pass(10_000)
  expect(stream.destroyed).toBe(false)
  // One piece more is taken: it reads, slowly.
  rig.reader.allow(1)
  await rig.pass(15_000)
  expect(stream.destroyed).toBe(false)
  await rig.pass(5000)
  expect([stream.destroyed, rig.hub.dropped, rig.disconnects]).toEqual([true, 1, 1])
})

test('a sign of life comes every 15 s, with where the reader is', async () => {
  const rig = new Rig()
  rig.stream()
  await setImmediate()
  rig.reader.text = ''
  await rig.pass(14_999)
  expect(rig.reader.text).toBe('')
  await rig.pass(30_001)
  expect(rig.reader.text).toBe(`:\nid: ${rig.hub.position}\n\n`.repeat(3))
})

test('at its end it has said everything; who does not take that is let go', async () => {
  const rig = new Rig()
  rig.stream()
  rig.change(10)
  rig.hub.close()
  while (!rig.reader.writableFinished) await setImmediate()
  expect([rig.revisions, rig.disconnects, rig.hub.subscribers]).toEqual([[1], 0, 0])

  const stuck = new Rig()
  const stream = stuck.stream()
  await setImmediate()
  stuck.reader.allow(1)
  for (let n = 0; n < 10; n++) stuck.change(10_000)
  stuck.hub.close()
  await setImmediate()
  await setImmediate()
  expect([stream.destroyed, stuck.disconnects, stuck.hub.dropped]).toEqual([true, 1, 0])
})
