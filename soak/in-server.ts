/**
 * Loaded into the server by `node --import`, in front of everything else: lets the soak see memory without what the garbage collector has yet to take, and
 * what keeps the event loop alive. In threads of the server it answers for its thread, and can make it die.
 */
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import workerThreads from 'node:worker_threads'
import type { WorkerOptions } from 'node:worker_threads'

const { BroadcastChannel, isMainThread, threadId, threadName, Worker } = workerThreads

/** Of one thread, bytes. */
export interface ThreadMemory {
  readonly thread: number
  readonly heap: number
  /** Outside the heap: buffers, and what native code keeps for objects. */
  readonly external: number
}

/** What the server has after a collection. */
export interface Insight {
  readonly threads: readonly ThreadMemory[]
  /** Of the main thread: sockets, timers, watchers … by name. */
  readonly handles: Readonly<Record<string, number>>
}

/** What the soak asks of the main thread. `kill` is answered with the number of threads that there are to be killed. */
export type Wish = 'look' | 'kill'

type Told =
  | { readonly look: number }
  | { readonly die: number }
  | { readonly mine: ThreadMemory; readonly look: number }

/** Set where the server has threads: only then are their answers waited for. */
export const THREADS_VARIABLE = 'FOULWEATHER_SOAK_THREADS'
const THREADS_ANSWER_WITHIN = 1000
/** How the names of threads begin that serve sessions. */
const SERVING = 'worker '

const channel = new BroadcastChannel('foulweather-soak')
if (isMainThread) {
  answerSoak()
  loadIntoThreads()
} else if (threadName?.startsWith(SERVING) === true) {
  answerMain()
}
channel.unref()

/** Threads of the server are started without what the process itself was started with. */
function loadIntoThreads(): void {
  class LoadedWorker extends Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.url] })
    }
  }
  workerThreads.Worker = LoadedWorker
  syncBuiltinESMExports()
}

function tell(told: Told): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a channel between threads
  channel.postMessage(told)
}

function hear(listener: (told: Told) => void): void {
  channel.addEventListener('message', (event) => listener((event as unknown as { readonly data: Told }).data))
}

async function collected(): Promise<ThreadMemory> {
  // Several, with turns in between: what is finalised by one is free after the next.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return { thread: threadId, heap: heapUsed, external }
}

function countHandles(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function answerSoak(): void {
  let looks = 0
  let kills = 0
  const threads = new Map<number, ThreadMemory>()
  hear((data) => {
    if ('mine' in data && data.look === looks) threads.set(data.mine.thread, data.mine)
  })
  const look = async (): Promise<Insight> => {
    threads.clear()
    tell({ look: ++looks })
    const mine = await collected()
    if (process.env[THREADS_VARIABLE] !== undefined) await sleep(THREADS_ANSWER_WITHIN)
    return { threads: [mine, ...threads.values()], handles: countHandles() }
  }
  process.on('message', (wish: Wish) => {
    if (wish === 'look') {
      void look().then((insight) => process.send?.(insight))
      return
    }
    const victims = [...threads.keys()]
    const victim = victims[kills++ % victims.length]
    if (victim !== undefined) tell({ die: victim })
    process.send?.(victims.length)
  })
  // The soak must not be what keeps the server alive.
  process.channel?.unref()
}

function answerMain(): void {
  hear((data) => {
    if ('look' in data && !('mine' in data)) {
      void collected().then((mine) => tell({ mine, look: data.look }))
    } else if ('die' in data && data.die === threadId) {
      throw new Error('the soak has this thread die')
    }
  })
}
