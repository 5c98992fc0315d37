import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkedBytes, StreamChecker } from '../../test/support/checked-stream.ts'
import { thisMoment, type Moment } from '../watch/ledger.ts'

export interface StreamPlan {
  readonly port: number
  readonly seed: number
  /** How much is sent, and has to come back. */
  readonly bytes: number
  /** Of the next write, and how long to wait behind it. */
  readonly piece: () => number
  readonly pause: () => number
  /** It does not read for that long, after each thing that it has read; 0 = it reads at once. */
  readonly readPause?: () => number
  /** Without anything coming in, milliseconds. */
  readonly patience: number
}

export interface StreamResult {
  readonly bytes: number
  readonly since: Moment
  /** `undefined` = it was not connected. */
  readonly port: number | undefined
  /** What went wrong; `undefined` = all bytes came back, in order, and then the end. */
  readonly problem: string | undefined
  readonly impatient: boolean
}

/** Sends a checked stream to an echo, checks what comes back, and ends in order. `enough` ends the sending early, and has it read without pauses. */
export async function checkedStream(plan: StreamPlan, enough: AbortSignal): Promise<StreamResult> {
  const stream = new Stream(plan)
  try {
    return await stream.run(enough)
  } finally {
    stream.socket.destroy()
  }
}

class Stream {
  readonly socket: Socket
  readonly #plan: StreamPlan
  readonly #since = thisMoment()
  readonly #checker: StreamChecker
  readonly #over = new AbortController()
  #port: number | undefined
  #sent = 0
  #ended = false
  #error: string | undefined
  #heard = performance.now()
  #impatient = false
  /** It is to come to an end: then even a slow reader reads. */
  #hurried = false

  constructor(plan: StreamPlan) {
    this.#plan = plan
    this.#checker = new StreamChecker(plan.seed)
    this.socket = connect({ port: plan.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.socket.on('connect', () => (this.#port = this.socket.localPort))
    this.socket.on('data', (bytes: Buffer) => this.#read(bytes))
    this.socket.on('end', () => {
      this.#ended = true
      this.#over.abort()
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.#error = error.code ?? error.message))
    this.socket.on('close', () => this.#over.abort())
  }

  async run(enough: AbortSignal): Promise<StreamResult> {
    const watching = setInterval(() => this.#watch(), 500)
    const hurry = (): unknown => (this.#hurried = true)
    if (enough.aborted) hurry()
    else enough.addEventListener('abort', hurry)
    try {
      await this.#write(enough)
      this.socket.end()
      if (!this.#over.signal.aborted) await once(this.#over.signal, 'abort')
    } finally {
      clearInterval(watching)
      enough.removeEventListener('abort', hurry)
    }
    return {
      bytes: this.#checker.position,
      since: this.#since,
      port: this.#port,
      problem: this.#problem(),
      impatient: this.#impatient,
    }
  }

  #read(bytes: Buffer): void {
    this.#heard = performance.now()
    if (!this.#checker.feed(bytes)) this.socket.destroy()
    const pause = this.#hurried ? 0 : (this.#plan.readPause?.() ?? 0)
    if (pause === 0) return
    this.socket.pause()
    setTimeout(() => this.socket.resume(), pause)
  }

  /** A stream that has sent nothing has nothing to wait for. */
  #watch(): void {
    const waits = this.#checker.position < this.#sent || this.socket.writableEnded
    if (!waits) this.#heard = performance.now()
    if (performance.now() - this.#heard < this.#plan.patience) return
    this.#impatient = true
    this.socket.destroy()
  }

  async #write(enough: AbortSignal): Promise<void> {
    const { seed, bytes, piece, pause } = this.#plan
    const over = this.#over.signal
    const either = AbortSignal.any([over, enough])
    while (this.#sent < bytes && !either.aborted) {
      const size = Math.min(piece(), bytes - this.#sent)
      const welcome = this.socket.write(checkedBytes(seed, this.#sent, size))
      this.#sent += size
      const rest = pause()
      if (rest > 0) await sleep(rest, undefined, { signal: either }).catch(() => {})
      if (!welcome && this.socket.writableNeedDrain) await once(this.socket, 'drain', { signal: over }).catch(() => {})
    }
  }

  #problem(): string | undefined {
    const wrong = this.#checker.finish(this.#sent)?.message
    const how = this.#error ?? (this.#ended ? 'end' : 'no end')
    if (this.#impatient) return `nothing came for ${this.#plan.patience} ms; ${wrong ?? 'all bytes came'}`
    if (wrong !== undefined) return `${wrong} (${how})`
    return how === 'end' ? undefined : `all bytes came, but ${how}`
  }
}
