import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

/** Listens, and then never looks at its sockets again: the thread sleeps for ever. */
const LISTEN_AND_SLEEP = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`

/** A port of 127.0.0.1 on which a connect neither succeeds nor fails: its backlog is full and nobody accepts. */
export class HangingUpstream implements AsyncDisposable {
  readonly port: number
  readonly #worker: Worker
  readonly #fillers: readonly Socket[]

  private constructor(worker: Worker, port: number, fillers: readonly Socket[]) {
    this.#worker = worker
    this.port = port
    this.#fillers = fillers
  }

  static async start(): Promise<HangingUpstream> {
    const worker = new Worker(LISTEN_AND_SLEEP, { eval: true })
    const [port] = (await once(worker, 'message')) as [number]
    const fillers: Socket[] = []
    for (let full = false; !full;) {
      const filler = connect({ host: '127.0.0.1', port })
      filler.on('error', () => {})
      fillers.push(filler)
      full = await Promise.race([once(filler, 'connect').then(() => false), sleep(400, true)])
      if (fillers.length > 64) throw new Error('the backlog does not fill')
    }
    return new HangingUpstream(worker, port, fillers)
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const filler of this.#fillers) filler.destroy()
    await this.#worker.terminate()
  }
}
