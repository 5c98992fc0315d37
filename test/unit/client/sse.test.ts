import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SseParser, type SseMessage } from '../../../src/client/sse.ts'

function read(text: string, parser = new SseParser()): readonly SseMessage[] {
  return parser.push(Buffer.from(text))
}

const STREAM =
  '\uFEFFretry: 1000\nid: k-1\n\n: alive\n\nid: k-2\nevent: fault-added\ndata: {"a":"ü☂"}\n\ndata: x\r\ndata:y\r\rid\ndata\n\n'
const MESSAGES: readonly SseMessage[] = [
  { event: 'fault-added', data: '{"a":"ü☂"}', id: 'k-2' },
  { event: 'message', data: 'x\ny', id: 'k-2' },
  { event: 'message', data: '', id: '' },
]

describe('server-sent events', () => {
  test('are read with every kind of line end, comments left out', () => {
    const parser = new SseParser()
    expect(read(STREAM, parser)).toEqual(MESSAGES)
    expect(parser.retryMs).toBe(1000)
  })

  test('are the same however they are cut', () => {
    const bytes = Buffer.from(STREAM)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const parser = new SseParser()
        const ends = [...cuts, bytes.length].sort((a, b) => a - b)
        const messages = ends.flatMap((end, index) => parser.push(bytes.subarray(ends[index - 1] ?? 0, end)))
        expect(messages).toEqual(MESSAGES)
      }),
    )
  })

  test('move on behind an id that comes without data', () => {
    const parser = new SseParser('k-0')
    expect(parser.lastId).toBe('k-0')
    expect(read('id: k-7\n', parser)).toEqual([])
    expect(parser.lastId).toBe('k-0')
    expect(read('\n', parser)).toEqual([])
    expect(parser.lastId).toBe('k-7')
  })

  test('without an id of their own have the one before', () => {
    expect(read('id: a\ndata: 1\n\ndata: 2\n\n').map(({ id }) => id)).toEqual(['a', 'a'])
  })

  test('that were not finished are not told', () => {
    expect(read('data: 1\n\ndata: 2\n')).toEqual([{ event: 'message', data: '1', id: '' }])
  })

  test.each([
    ['a line', 'data: '],
    ['data', 'data: 1234567890\n'.repeat(100_000)],
  ])('are refused where %s has no end', (_what, begin) => {
    const parser = new SseParser()
    const flood = (): void => {
      for (let megabytes = 0; megabytes < 3; megabytes++) parser.push(Buffer.from(begin + 'x'.repeat(2 ** 20)))
    }
    expect(flood).toThrow(RangeError)
  })
})
