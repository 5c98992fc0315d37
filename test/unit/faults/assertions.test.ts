import { describe, expect, test } from 'vitest'
import { PassThrough } from '../../../src/faults/pass-through.ts'
import { asserted } from '../../support/assertion-outlet.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecordingOutlet } from '../../support/recording-outlet.ts'

const ENDING = { origin: 'injected', reason: 'test' } as const
const BYTES = Buffer.from('abc')

/** A stage that breaks one rule in `chunk`. */
function broken(chunk: (stage: PassThrough, bytes: Buffer, at: number) => number) {
  class Broken extends PassThrough {
    override chunk(bytes: Buffer, at: number): number {
      return chunk(this, bytes, at)
    }
  }
  return asserted(new Broken(), new RecordingOutlet())
}

describe('the assertions that every fault is tested with catch', () => {
  test.each([
    ['an empty chunk', 'an empty chunk', broken((stage, _, at) => stage.next.chunk(Buffer.alloc(0), at))],
    ['a stamp of NaN', 'no number', broken((stage, bytes) => stage.next.chunk(bytes, NaN))],
    ['a stamp in the past', 'before the call at 10', broken((stage, bytes, at) => stage.next.chunk(bytes, at - 1))],
    ['an answer that is no number', 'no number', broken(() => NaN)],
    [
      'bytes after the end',
      'bytes after the end',
      broken((stage, bytes, at) => {
        stage.next.end(at)
        return stage.next.chunk(bytes, at)
      }),
    ],
    [
      'bytes after the abort',
      'bytes after the abort',
      broken((stage, bytes, at) => {
        stage.next.abort(at, 'reset', ENDING)
        return stage.next.chunk(bytes, at)
      }),
    ],
    [
      'two aborts',
      'a second abort',
      broken((stage, _, at) => {
        stage.next.abort(at, 'reset', ENDING)
        stage.next.abort(at, 'reset', ENDING)
        return 0
      }),
    ],
    ['input modified in place', 'modified in place', broken((_, bytes) => bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0))],
  ])('%s', (_, message, inlet) => {
    expect(() => inlet.chunk(Buffer.from(BYTES), 10)).toThrow(message)
  })

  test('nothing in a stage that keeps the rules', () => {
    const recorded = new RecordingOutlet()
    const inlet = asserted(new PassThrough(), recorded)
    inlet.chunk(BYTES, 10)
    inlet.end(11)
    inlet.abort(12, 'destroy', ENDING)
    expect(recorded.lines).toEqual(['"abc" @ 10', 'end @ 11', 'destroy @ 12 (injected: test)'])
  })
})

test('the manual clock fires timers in order of their time, those set on the way included', () => {
  const clock = new ManualClock()
  const fired: string[] = []
  const note = (what: string) => () => fired.push(`${what} @ ${clock.now()}`)
  clock.setTimer(20, note('second'))
  clock.setTimer(10, () => {
    note('first')()
    clock.setTimer(5, note('between'))
  })
  clock.clearTimer(clock.setTimer(12, note('never')))
  clock.setTimer(100, note('later'))
  clock.advanceTo(50)
  expect(fired).toEqual(['first @ 10', 'between @ 15', 'second @ 20'])
  expect(clock.armed).toBe(1)
})
