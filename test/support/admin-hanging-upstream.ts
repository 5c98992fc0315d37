import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

/** Listens, and then never comes back to its event loop: what the kernel has queued is never accepted. */
const STUCK_LISTENER = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`

/** An address of this machine that connecting to hangs: a listener whose backlog is full. */
export async function hangingUpstream(): Promise<AsyncDisposable & { readonly address: string }> {
  const worker = new Worker(STUCK_LISTENER, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const fillers: Socket[] = []
  for (let full = false; !full;) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    fillers.push(socket)
    if (fillers.length > 64) throw new Error('the backlog does not fill')
    full = await Promise.race([once(socket, 'connect').then(() => false), sleep(500).then(() => true)])
  }
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy()
      await worker.terminate()
    },
  }
}
