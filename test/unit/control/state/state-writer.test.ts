import { afterEach, describe, expect, test } from 'vitest'
import { StateWriter, type StateWriterOptions } from '../../../../src/control/state/state-writer.ts'
import { eventually } from '../../../support/wait.ts'

/** A disk whose writes end when they are told to. */
class SlowDisk {
  readonly begun: string[] = []
  readonly written: string[] = []
  readonly #waiting: { done: () => void; fail: (error: Error) => void }[] = []

  readonly write = async (_path: string, text: string): Promise<void> => {
    this.begun.push(text)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ done: resolve, fail: reject })
    await promise
    this.written.push(text)
  }

  async begins(count: number): Promise<void> {
    await eventually(`${count} writes have begun`, () => this.begun.length >= count)
  }

  done(): void {
    this.#waiting.shift()?.done()
  }

  fail(text: string): void {
    this.#waiting.shift()?.fail(new Error(text))
  }
}

let disk: SlowDisk
let content = ''
let told: string[]
const writers: StateWriter[] = []

function writer(options: Partial<StateWriterOptions> = {}): StateWriter {
  disk = new SlowDisk()
  content = 'v1'
  told = []
  const made = new StateWriter({
    path: '/nowhere',
    content: () => content,
    onFailing: (error) => told.push(String(error)),
    onMended: () => told.push('mended'),
    onLost: (error) => told.push(`lost: ${String(error)}`),
    write: disk.write,
    retry: 1,
    ...options,
  })
  writers.push(made)
  return made
}

afterEach(() => {
  for (const one of writers.splice(0)) void one.close()
})

describe('a disk that fails to the end', () => {
  test('is told of when it is closed', async () => {
    const state = writer({ retry: 60_000 })
    state.changed()
    await disk.begins(1)
    disk.fail('full')
    await eventually('it is told', () => told.length > 0)
    const closed = state.close()
    await disk.begins(2)
    disk.fail('still full')
    await closed
    expect(told).toEqual(['Error: full', 'lost: Error: still full'])
  })

  test('is not said to be tried again when it is closed', async () => {
    const state = writer()
    state.changed()
    const closed = state.close()
    await disk.begins(1)
    disk.fail('full')
    await closed
    expect(told).toEqual(['lost: Error: full'])
  })
})

describe('writing', () => {
  test('a content that cannot be made is a failure as any other', async () => {
    let isTooLong = true
    const state = writer({
      content: () => {
        if (isTooLong) throw new RangeError('Invalid string length')
        return 'v1'
      },
    })
    state.changed()
    await eventually('it is told', () => told.length > 0)
    isTooLong = false
    await disk.begins(1)
    disk.done()
    await eventually('it is mended', () => told.length > 1)
    expect(told).toEqual(['RangeError: Invalid string length', 'mended'])
    expect(disk.written).toEqual(['v1'])
  })

  test('nothing is written before something has changed', async () => {
    const state = writer()
    await state.close()
    expect(disk.begun).toEqual([])
  })

  test('changes of one turn are one write, of what is there at its end', async () => {
    const state = writer()
    for (const version of ['v2', 'v3', 'v4']) {
      content = version
      state.changed()
    }
    await disk.begins(1)
    disk.done()
    await state.close()
    expect(disk.written).toEqual(['v4'])
  })

  test('one write is under way at the most, and one more follows however much has changed meanwhile', async () => {
    const state = writer()
    state.changed()
    await disk.begins(1)
    for (const version of ['v2', 'v3', 'v4']) {
      content = version
      state.changed()
      await new Promise((resolve) => void setTimeout(resolve, 5))
    }
    expect(disk.begun).toEqual(['v1'])
    disk.done()
    await disk.begins(2)
    disk.done()
    await state.close()
    expect(disk.written).toEqual(['v1', 'v4'])
  })

  test('what is the same is not written again', async () => {
    const state = writer()
    state.changed()
    await disk.begins(1)
    disk.done()
    await eventually('it is written', () => disk.written.length === 1)
    state.changed()
    await state.close()
    expect(disk.begun).toEqual(['v1'])
  })
})

describe('a disk that fails', () => {
  test('is told of once, tried again, and told of when it works', async () => {
    const state = writer()
    state.changed()
    for (let attempt = 1; attempt <= 3; attempt++) {
      await disk.begins(attempt)
      disk.fail(`full ${attempt}`)
    }
    await disk.begins(4)
    expect(told).toEqual(['Error: full 1'])
    content = 'v2'
    state.changed()
    disk.done()
    await disk.begins(5)
    disk.done()
    await state.close()
    expect(told).toEqual(['Error: full 1', 'mended'])
    expect(disk.begun).toEqual(['v1', 'v1', 'v1', 'v1', 'v2'])
    expect(disk.written).toEqual(['v1', 'v2'])
  })

  test('is not tried again before its time, whatever changes', async () => {
    const state = writer({ retry: 3_600_000, longestRetry: 3_600_000 })
    state.changed()
    await disk.begins(1)
    disk.fail('full')
    await eventually('it is told', () => told.length === 1)
    for (let change = 0; change < 5; change++) {
      content = `v${change}`
      state.changed()
      await new Promise((resolve) => void setTimeout(resolve, 15))
    }
    expect(disk.begun).toEqual(['v1'])
    // Closing waits for no time to pass.
    const closed = state.close()
    await disk.begins(2)
    disk.done()
    await closed
    expect(disk.written).toEqual(['v4'])
  })
})

describe('closing', () => {
  test('waits for the write under way, then writes the last change', async () => {
    const state = writer()
    state.changed()
    await disk.begins(1)
    content = 'last'
    state.changed()
    const closed = state.close()
    disk.done()
    await disk.begins(2)
    disk.done()
    await closed
    expect(disk.written).toEqual(['v1', 'last'])
  })

  test('writes a change of the same turn', async () => {
    const state = writer()
    state.changed()
    const closed = state.close()
    await disk.begins(1)
    disk.done()
    await closed
    expect(disk.written).toEqual(['v1'])
  })

  test('nothing is written afterwards', async () => {
    const state = writer()
    await state.close()
    state.changed()
    await new Promise((resolve) => void setTimeout(resolve, 20))
    expect(disk.begun).toEqual([])
  })
})
