import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { SharedCells } from '../../../../src/engine/sharing/shared-cells.ts'
import { WINDOWS_CELLS } from '../../../../src/faults/http/rate-windows.ts'
import { SERVERS_CELLS } from '../../../../src/faults/servers.ts'
import { PIPE_CELLS } from '../../../../src/faults/shared-pipe.ts'
import type { CellsTask } from '../../../support/cells-thread.ts'

const THREADS = 4

const memory = (count: number) => new SharedArrayBuffer(SharedCells.bytes(count))

/** One counter of threads that are ready. */
const nobody = () => new SharedArrayBuffer(4)

function start(task: CellsTask): Worker {
  return new Worker(new URL('../../../support/cells-thread.ts', import.meta.url), { workerData: task })
}

async function answerOf(worker: Worker): Promise<unknown> {
  const [answer] = await once(worker, 'message')
  return answer
}

/** Real threads on the same cells, all beginning at once. */
async function together(what: CellsTask['what'], cells: SharedArrayBuffer, times: number): Promise<number[][]> {
  const ready = nobody()
  const workers = Array.from({ length: THREADS }, (_, index) =>
    start({ what, cells, holder: index + 1, ready, threads: THREADS, times }),
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what these tasks answer
  return (await Promise.all(workers.map(answerOf))) as number[][]
}

/** first, first + 1 … */
const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

const sorted = (numbers: readonly number[][]) => numbers.flat().toSorted((a, b) => a - b)

describe('threads on the same cells', () => {
  test('count exactly, and never see a half of what another writes', async () => {
    const cells = memory(2)
    const torn = await together('count', cells, 200_000)
    expect(torn.flat()).toEqual([0, 0, 0, 0])
    const values = new SharedCells(cells, 1).exclusively((all) => [...all])
    expect(values).toEqual([THREADS * 200_000, THREADS * 200_000])
  })

  test('share a pipe: each millisecond is for one piece alone, and none is lost', async () => {
    // As many as a pipe can remember: of more it forgets the oldest, and with them a moment that one thread has given back and not taken again yet.
    const ends = await together('pipe', memory(PIPE_CELLS), 2000)
    expect(ends.map((of) => of.length)).toEqual([2000, 2000, 2000, 2000])
    expect(sorted(ends)).toEqual(from(1, THREADS * 2000))
  })

  test('share servers and their queue', async () => {
    const begins = await together('servers', memory(SERVERS_CELLS), 500)
    const served = sorted(begins).filter((begin) => begin >= 0)
    // Three at once; a thousand wait, and the others are turned away.
    expect(served).toEqual(from(0, 1003).map((job) => Math.floor(job / 3)))
    expect(begins.flat()).toHaveLength(THREADS * 500)
  })

  test('share budgets', async () => {
    const nths = await together('windows', memory(WINDOWS_CELLS), 5000)
    const expected = from(1, (THREADS * 5000) / 100).flatMap((nth) => Array.from({ length: 100 }, () => nth))
    expect(sorted(nths)).toEqual(expected)
  })
})

describe('a thread that dies', () => {
  test('while it has them leaves them to the others, all 0 again', async () => {
    const cells = memory(2)
    const worker = start({ what: 'hang', cells, holder: 7, ready: nobody(), threads: 1, times: 0 })
    expect(await answerOf(worker)).toBe('held')
    await worker.terminate()
    expect(SharedCells.release(cells, 8)).toBe(false)
    expect(SharedCells.release(cells, 7)).toBe(true)
    expect(SharedCells.release(cells, 7)).toBe(false)
    expect(new SharedCells(cells, 1).exclusively((values) => [...values])).toEqual([0, 0])
  })

  test('while others wait lets them go on', async () => {
    const cells = memory(2)
    const dying = start({ what: 'hang', cells, holder: 7, ready: nobody(), threads: 1, times: 0 })
    expect(await answerOf(dying)).toBe('held')
    const waiting = start({ what: 'count', cells, holder: 1, ready: nobody(), threads: 1, times: 1000 })
    const answer = answerOf(waiting)
    await once(waiting, 'online')
    await dying.terminate()
    SharedCells.release(cells, 7)
    expect(await answer).toEqual([0])
  })

  test('without having them changes nothing', () => {
    const cells = memory(1)
    const mine = new SharedCells(cells, 1)
    mine.exclusively((values) => values.fill(5))
    expect(SharedCells.release(cells, 2)).toBe(false)
    expect(mine.exclusively(([value]) => value)).toBe(5)
  })
})

test('what is thrown within leaves them free', () => {
  const cells = new SharedCells(memory(1), 1)
  const fail = () =>
    cells.exclusively(() => {
      throw new Error('within')
    })
  expect(fail).toThrow('within')
  expect(cells.exclusively(([value]) => value)).toBe(0)
})

test('a call within another is refused, not waited for', () => {
  const cells = new SharedCells(memory(1), 1)
  const nested = () => cells.exclusively(() => cells.exclusively(() => 0))
  expect(nested).toThrow('cells: a call of exclusively within another, or two threads with the same number')
  expect(cells.exclusively(([value]) => value)).toBe(0)
})

test.each([0, -1, 1.5, 2 ** 31])('a thread cannot have the number %d', (holder) => {
  expect(() => new SharedCells(memory(1), holder)).toThrow(
    `holder: expected a whole number, 1 to 2147483647, got ${holder}`,
  )
})
