import { parentPort, workerData } from 'node:worker_threads'
import { serveThread } from '../../src/engine/workers/serve-thread.ts'
import { faultFactory } from '../../src/faults/index.ts'

/** What a thread can be ordered to, over a broadcast channel of this name. */
export const CRASH = 'crash of a thread'

export interface Order {
  readonly worker: number
  /** Of an error that nobody catches, now or when it is told of the next change; or it does nothing any more without an end. */
  readonly how: 'die' | 'die at the next change' | 'hang'
}

let diesAtTheNextChange = false
const orders = new BroadcastChannel(CRASH)
orders.addEventListener('message', ({ data }) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- WorkersRig.order sends it
  const { worker, how } = data as Order
  // oxlint-disable-next-line typescript/no-unsafe-member-access -- what serveThread begins with
  if (worker !== workerData.thread) return
  if (how === 'die') throw new Error('told to die')
  if (how === 'hang') for (;;);
  diesAtTheNextChange = true
})
parentPort?.on('message', (message: object) => {
  if (diesAtTheNextChange && 'call' in message && message.call === 'apply') throw new Error('told to die')
})
serveThread(faultFactory)
