import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildConnector, Client as HttpClient } from 'undici'
import { checkedBytes, StreamChecker } from '../../test/support/checked-stream.ts'
import { isCalm } from '../places.ts'
import { thisMoment, type Moment } from '../watch/ledger.ts'
import type { Client, Context } from './client.ts'

/** Exchanges on one connection, which is kept alive, with checked bodies both ways. */
export const exchanger: Client = async (context, enough) => {
  const { place, tally, ledger, chance, seed } = context
  let connection = new Connection(context)
  for (let number = 0; !enough.aborted; number++) {
    const asks = chance.happens(0.4) ? 0 : chance.magnitude(300_000)
    const gets = chance.happens(0.1) ? 0 : chance.magnitude(500_000)
    const framing = chance.oneOf(['length', 'chunked'])
    const leaves = chance.happens(0.03)
    const path = `/check/${seed + number}/${seed + number}/${asks}/${gets}/${framing}`
    const problem = await connection.exchange({ path, seed: seed + number, asks, gets, leaves })
    tally.count('HTTP exchanges')
    tally.count('checked bytes', asks + gets)
    if (problem !== undefined) {
      const { port, since } = connection
      const impatient = /timeout/i.test(problem)
      ledger.report({ proxy: place.name, port, since, what: `${path}: ${problem}`, impatient, path })
    }
    if (problem !== undefined || leaves || chance.happens(0.02)) {
      await connection.close()
      connection = new Connection(context)
      if (problem !== undefined) await sleep(chance.whole(50, 400))
    }
    await sleep(chance.whole(1, 60))
  }
  await connection.close()
}

interface Exchange {
  readonly path: string
  readonly seed: number
  readonly asks: number
  readonly gets: number
  /** In the middle of the answer. */
  readonly leaves: boolean
}

class Connection {
  since: Moment = thisMoment()
  port: number | undefined
  readonly #client: HttpClient

  constructor({ place, patience }: Context) {
    const connector = buildConnector({ timeout: patience === Infinity ? 0 : patience })
    const wait = patience === Infinity ? 0 : patience
    this.#client = new HttpClient(`http://127.0.0.1:${place.port}`, {
      pipelining: 1,
      headersTimeout: wait,
      bodyTimeout: wait,
      keepAliveTimeout: 3_600_000,
      keepAliveMaxTimeout: 3_600_000,
      connect: (options, callback) => {
        this.since = thisMoment()
        this.port = undefined
        connector(options, (...result) => {
          this.port = result[1]?.localPort
          callback(...result)
        })
      },
    })
  }

  /** Answers what was wrong. */
  async exchange({ path, seed, asks, gets, leaves }: Exchange): Promise<string | undefined> {
    try {
      const { statusCode, headers, body } = await this.#client.request({
        method: 'POST',
        path,
        body: asks === 0 ? null : checkedBytes(seed, 0, asks),
        // Where the body is not sent as it was asked for, the answer must not be taken for that of another request.
        idempotent: false,
      })
      if (leaves) {
        body.on('error', () => {}).destroy()
        return undefined
      }
      const checker = new StreamChecker(seed + 1)
      for await (const bytes of body) checker.feed(bytes as Buffer)
      if (statusCode !== 200) return `status ${statusCode}`
      if (headers['x-wrong'] !== 'nothing') return `the request arrived wrong: ${String(headers['x-wrong'])}`
      return checker.finish(gets)?.message
    } catch (error) {
      return String(error)
    }
  }

  async close(): Promise<void> {
    await this.#client.destroy()
  }
}

/** Asks a byte a second, and reads the answer. */
export const slowAsker: Client = async ({ place, tally, ledger, seed, patience }, enough) => {
  for (let number = 0; !enough.aborted; number++) {
    const since = thisMoment()
    const path = `/check/${seed + number}/1/0/100/length`
    const socket = connect({ port: place.port, host: '127.0.0.1', noDelay: true })
    let port: number | undefined
    socket.on('connect', () => (port = socket.localPort))
    const answered = answerOf(socket, patience)
    for (const byte of `POST ${path} HTTP/1.1\r\nHost: soak\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`) {
      if (socket.destroyed) break
      socket.write(byte)
      await sleep(1000, undefined, { signal: AbortSignal.any([enough, answered.over]) }).catch(() => {})
    }
    const answer = await answered.whole
    tally.count('requests of a byte a second')
    const right = answer.endsWith(checkedBytes(2, 0, 100).toString('latin1')) && answer.includes('X-Wrong: nothing')
    if (!right) {
      const what = `${path}: ${JSON.stringify(answer.slice(0, 100))}`
      ledger.report({ proxy: place.name, port, since, what, impatient: !isCalm(place.name), path })
      await sleep(1000)
    }
    socket.destroy()
  }
}

function answerOf(socket: Socket, patience: number): { readonly whole: Promise<string>; readonly over: AbortSignal } {
  const over = new AbortController()
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  if (patience !== Infinity) socket.setTimeout(patience, () => socket.destroy())
  socket.once('end', () => over.abort())
  socket.once('close', () => over.abort())
  return { whole: once(over.signal, 'abort').then(() => text), over: over.signal }
}
