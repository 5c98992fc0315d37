// A thread that works on cells that it shares with others: node starts it, with a `CellsTask` as its data. It waits for the others before it begins,
// and posts its answer.
import { parentPort, workerData } from 'node:worker_threads'
import { SharedCells } from '../../src/engine/sharing/shared-cells.ts'
import { RateWindows } from '../../src/faults/http/rate-windows.ts'
import { Servers } from '../../src/faults/servers.ts'
import { Lane, SharedPipe } from '../../src/faults/shared-pipe.ts'

export interface CellsTask {
  readonly what: keyof typeof TASKS
  readonly cells: SharedArrayBuffer
  readonly holder: number
  /** One counter: how many threads are ready. */
  readonly ready: SharedArrayBuffer
  readonly threads: number
  readonly times: number
}

const TASKS = {
  /** Reads and writes two numbers, in two steps each, and answers how often they were not the same. */
  count: (cells: SharedCells, times: number) => {
    let torn = 0
    for (let time = 0; time < times; time++) {
      cells.exclusively((values) => {
        const [first = NaN, second = NaN] = values
        if (first !== second) torn++
        values[0] = first + 1
        values[1] = second + 1
      })
    }
    return [torn]
  },

  /** Pieces of a millisecond, all there at 0, over five lanes; every seventh is given back and taken again. Answers when each had crossed. */
  pipe: (cells: SharedCells, times: number) => {
    const pipe = new SharedPipe(cells)
    pipe.open(1000, 0, 0)
    const lanes = Array.from({ length: 5 }, () => new Lane(pipe))
    const ends: number[] = []
    for (let time = 0; time < times; time++) {
      const lane = lanes[time % lanes.length]
      if (lane === undefined) throw new Error('no lane')
      lane.take(1, 0, 1)
      if (time % 7 === 0) {
        lane.takeBack(1)
        lane.take(1, 0, 1)
      }
      ends.push(lane.freeAt)
    }
    return ends
  },

  /** Jobs of a millisecond, all there at 0. Answers when each began; -1 = turned away. */
  servers: (cells: SharedCells, times: number) => {
    const servers = new Servers(cells)
    servers.resize(3, 0)
    return Array.from({ length: times }, () => servers.serve(0, 1, 1000)?.start ?? -1)
  },

  /** Requests of a hundred keys, one after the other. Answers of each which one of its key it was. */
  windows: (cells: SharedCells, times: number) => {
    const windows = new RateWindows(cells)
    return Array.from({ length: times }, (_, time) => windows.take(`key ${time % 100}`, 0, 1000).nth)
  },

  /** Begins to write, says so, and never ends. */
  hang: (cells: SharedCells) =>
    cells.exclusively((values): number[] => {
      values[0] = 1
      values[1] = -1
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
      parentPort?.postMessage('held')
      for (;;);
    }),
} as const

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `cellsThread` gives it
const { what, cells, holder, ready, threads, times } = workerData as CellsTask

const counter = new Int32Array(ready)
Atomics.add(counter, 0, 1)
Atomics.notify(counter, 0)
for (let now = Atomics.load(counter, 0); now < threads; now = Atomics.load(counter, 0)) Atomics.wait(counter, 0, now)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
parentPort?.postMessage(TASKS[what](new SharedCells(cells, holder), times))
