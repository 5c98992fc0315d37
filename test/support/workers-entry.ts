import { workerData } from 'node:worker_threads'
import { serveThread } from '../../src/engine/workers/serve-thread.ts'
import { faultFactory } from '../../src/faults/index.ts'

/** The thread of that number dies of an error that nobody catches. */
export const CRASH = 'crash of a thread'

serveThread(faultFactory)
const orders = new BroadcastChannel(CRASH)
orders.addEventListener('message', ({ data }) => {
  // oxlint-disable-next-line typescript/no-unsafe-member-access -- what serveThread begins with
  if (data === workerData.thread) throw new Error('told to die')
})
