import { readFileSync } from 'node:fs'

const BEAT_MS = 250
/** What is further back explains nothing that happens now. */
const REMEMBERED_MS = 60_000

interface Beat {
  readonly at: number
  readonly missed: number
}

/** How long this program, or the main thread of the server, was ready to run and had no processor: then clients give up that nobody has kept waiting. */
export class Pulse implements Disposable {
  readonly #schedstat: string
  readonly #beats: Beat[] = []
  readonly #timer = setInterval(() => this.#beat(), BEAT_MS)
  #expected = performance.now() + BEAT_MS
  #waited: number

  constructor(pid: number) {
    this.#schedstat = `/proc/${pid}/task/${pid}/schedstat`
    this.#waited = this.#serverWaited()
  }

  /** In the last `ms`, milliseconds; both together. */
  missed(ms: number): number {
    const from = performance.now() - ms
    const late = Math.max(0, performance.now() - this.#expected)
    return this.#beats.reduce((sum, { at, missed }) => (at >= from ? sum + missed : sum), late)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #beat(): void {
    const now = performance.now()
    const waited = this.#serverWaited()
    const missed = Math.max(0, now - this.#expected) + Math.max(0, waited - this.#waited)
    this.#waited = waited
    this.#expected = now + BEAT_MS
    this.#beats.push({ at: now, missed })
    while ((this.#beats[0]?.at ?? now) < now - REMEMBERED_MS) this.#beats.shift()
  }

  /** Milliseconds; 0 = the kernel does not say, or the server is gone. */
  #serverWaited(): number {
    try {
      return Number(readFileSync(this.#schedstat, 'utf8').split(' ')[1]) / 1e6 || 0
    } catch {
      return 0
    }
  }
}
