import { describe, expect, test } from 'vitest'
import { BIG_BYTES, CELL_BYTES, ReadMemory } from '../../../src/engine/read-memory.ts'
import { Reader } from '../../../src/engine/reader.ts'

/** Where the socket would read to now. */
function target(reader: Reader): Uint8Array {
  const { onread } = reader
  const memory = typeof onread.buffer === 'function' ? onread.buffer() : onread.buffer
  if (!(memory instanceof Uint8Array)) throw new Error('no memory to read into')
  return memory
}

function newReader(memory = new ReadMemory()): Reader {
  return new Reader(memory, { read: () => true })
}

test('a read is told with its size and the memory it is in', () => {
  const told: [number, Buffer][] = []
  const reader = new Reader(new ReadMemory(), {
    read(count, memory) {
      told.push([count, memory])
      return false
    },
  })
  expect(reader.onread.callback(7, target(reader))).toBe(false)
  expect(told).toEqual([[7, target(reader)]])
  expect(reader.gave(8)).toBe(false)
  expect(told.at(-1)).toEqual([8, reader.current])
})

test('small reads stay in the cell', () => {
  const reader = newReader()
  const cell = target(reader)
  expect(cell).toHaveLength(CELL_BYTES)
  for (let i = 0; i < 100; i++) reader.reuse(CELL_BYTES - 1)
  expect(target(reader)).toBe(cell)
})

test('a read that fills the cell is followed by one into a big buffer; a run of small ones gives that back', () => {
  const reader = newReader()
  const cell = target(reader)
  reader.reuse(CELL_BYTES)
  expect(target(reader)).toHaveLength(BIG_BYTES)
  for (let i = 0; i < 15; i++) reader.reuse(10)
  reader.reuse(CELL_BYTES + 1)
  for (let i = 0; i < 15; i++) reader.reuse(10)
  expect(target(reader)).toHaveLength(BIG_BYTES)
  reader.reuse(10)
  expect(target(reader)).toBe(cell)
})

describe('kept bytes', () => {
  test('of a small read are copied, and the cell is read into again', () => {
    const reader = newReader()
    const cell = target(reader)
    cell.set(Buffer.from('hello'))
    const kept = reader.keep(5)
    expect(target(reader)).toBe(cell)
    cell.fill(0)
    expect(kept.toString()).toBe('hello')
  })

  test('of a large read keep their buffer, and another one is read into', () => {
    const reader = newReader()
    reader.reuse(CELL_BYTES)
    const big = target(reader)
    const kept = reader.keep(BIG_BYTES)
    expect(kept).toBe(big)
    expect(target(reader)).not.toBe(big)
  })

  test('of a small read into a big buffer are copied too', () => {
    const reader = newReader()
    reader.reuse(CELL_BYTES)
    const big = target(reader)
    const kept = reader.keep(100)
    expect(kept.buffer).not.toBe(big.buffer)
    expect(kept).toHaveLength(100)
    expect(target(reader)).toBe(big)
  })
})

test('abandoned memory is left alone, cell or big', () => {
  const reader = newReader()
  const cell = target(reader)
  reader.abandon()
  expect(target(reader)).toHaveLength(CELL_BYTES)
  expect(target(reader)).not.toBe(cell)
  reader.reuse(CELL_BYTES)
  const big = target(reader)
  reader.abandon()
  expect(target(reader)).toHaveLength(BIG_BYTES)
  expect(target(reader)).not.toBe(big)
})

test('released memory serves the next session', () => {
  const memory = new ReadMemory()
  const first = newReader(memory)
  const cell = target(first)
  first.reuse(CELL_BYTES)
  const big = target(first)
  first.release()
  const second = newReader(memory)
  expect(target(second)).toBe(cell)
  second.reuse(CELL_BYTES)
  expect(target(second)).toBe(big)
})

test('a copy larger than a holding slab is whole', () => {
  const bytes = Buffer.alloc(300_000, 'x')
  const memory = new ReadMemory()
  const copy = memory.copy(bytes)
  expect(copy.equals(bytes)).toBe(true)
  memory.copy(Buffer.from('next'))
  expect(copy.equals(bytes)).toBe(true)
})
