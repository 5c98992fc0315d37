import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const CHILD = join(import.meta.dirname, 'state-child.ts')

/** Names of proxies → names of their faults → latency. */
type Model = Readonly<Record<string, Readonly<Record<string, number>>>>

interface Operation {
  readonly method: 'create' | 'delete' | 'add' | 'update' | 'remove'
  readonly proxy: string
  readonly fault?: string
  readonly latency?: number
}

export interface Killed {
  /** How often a process was killed while it started, before it had told anything. */
  readonly early: number
  /** How often what was there after a restart was more than what had been there when the killed process began. */
  readonly advanced: number
  /** Changes that were acknowledged. */
  readonly acknowledged: number
}

/**
 * Starts a server, changes things as fast as it answers, kills it at some moment, starts it anew; and so on. After each start there has to be
 * exactly what was there after some change that was acknowledged, or after the one that was under way.
 */
export class StateKills {
  readonly #path: string
  readonly #random: () => number
  /** What may be there at the next start, as JSON, the older the earlier. */
  #possible: readonly string[] = [keyOf({})]
  #serial = 0
  #early = 0
  #advanced = 0
  #acknowledged = 0

  constructor(path: string, seed: number) {
    this.#path = path
    this.#random = randomFrom(seed)
  }

  async run(kills: number): Promise<Killed> {
    for (let round = 0; round < kills; round++) {
      await (this.#random() < 0.1 ? this.#killEarly() : this.#killLate())
      await this.#checkFiles()
    }
    await using child = new Child(this.#path)
    this.#check(await child.told())
    return { early: this.#early, advanced: this.#advanced, acknowledged: this.#acknowledged }
  }

  async #killEarly(): Promise<void> {
    await using _child = new Child(this.#path)
    await sleep(this.#random() * 400)
    this.#early++
  }

  async #killLate(): Promise<void> {
    await using child = new Child(this.#path)
    let model = this.#check(await child.told())
    const possible = [keyOf(model)]
    // Counted in changes as well as in time, so that something happens in between on any machine.
    const changes = Math.floor(this.#random() * 20)
    let killing: Promise<unknown> | undefined
    for (let change = 0; ; change++) {
      if (change === changes) killing = sleep(this.#random() * 30).then(() => child.kill())
      const operation = this.#next(model)
      model = after(model, operation)
      possible.push(keyOf(model))
      child.tell(operation)
      if ((await child.told()) === undefined) break
      this.#acknowledged++
    }
    await killing
    this.#possible = possible
  }

  /** What is there now has to be one of what is possible. */
  #check(there: unknown): Model {
    const model = there as Model
    const found = this.#possible.lastIndexOf(keyOf(model))
    if (found === -1) {
      throw new Error(
        `there is ${JSON.stringify(there)}, which never was; there could be ${this.#possible.join(' or ')}`,
      )
    }
    if (found > 0) this.#advanced++
    this.#possible = [keyOf(model)]
    return model
  }

  /** What is made or changed has never been there before: its serial number is part of it. */
  #next(model: Model): Operation {
    const serial = ++this.#serial
    const proxies = Object.keys(model)
    const proxy = proxies[Math.floor(this.#random() * proxies.length)]
    const kind = this.#random()
    if (proxy === undefined || (kind < 0.2 && proxies.length < 30)) return { method: 'create', proxy: `p${serial}` }
    const [fault] = Object.keys(model[proxy] ?? {})
    if (fault === undefined || kind > 0.6) return { method: 'add', proxy, fault: `f${serial}`, latency: serial }
    if (kind < 0.25) return { method: 'delete', proxy }
    if (kind < 0.3) return { method: 'remove', proxy, fault }
    return { method: 'update', proxy, fault, latency: serial }
  }

  /** One temporary file at the most, nothing set aside, and nobody else can read it. */
  async #checkFiles(): Promise<void> {
    const name = basename(this.#path)
    const names = (await readdir(dirname(this.#path))).filter((each) => each.startsWith(name))
    const others = names.filter((each) => each !== name)
    if (others.length > 1 || others.some((each) => !each.startsWith(`${name}.tmp-`))) {
      throw new Error(`there are ${names.join(', ')}`)
    }
    if (!names.includes(name)) return
    const mode = (await stat(this.#path)).mode & 0o777
    if (mode !== 0o600) throw new Error(`its mode is ${mode.toString(8)}`)
  }
}

/** A process with the state file; killed at the end of its scope at the latest. */
class Child implements AsyncDisposable {
  readonly #process
  readonly #lines
  readonly #closed: Promise<unknown>

  constructor(path: string) {
    this.#process = spawn(process.execPath, [CHILD, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    // It may be killed before it has read what it is told.
    this.#process.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#closed = once(this.#process, 'close')
  }

  tell(operation: Operation): void {
    this.#process.stdin.write(`${JSON.stringify(operation)}\n`)
  }

  /** What it says next; `undefined` = nothing any more. */
  async told(): Promise<unknown> {
    const { done, value } = await this.#lines.next()
    return done === true ? undefined : JSON.parse(value)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
    await this.#closed
  }
}

function after(model: Model, { method, proxy, fault = '', latency = 0 }: Operation): Model {
  const { [proxy]: faults = {}, ...others } = model
  const { [fault]: _before, ...otherFaults } = faults
  if (method === 'create') return { ...model, [proxy]: {} }
  if (method === 'delete') return others
  return { ...others, [proxy]: method === 'remove' ? otherFaults : { ...faults, [fault]: latency } }
}

function keyOf(model: Model): string {
  const sorted = Object.keys(model)
    .sort()
    .map((proxy) => [proxy, Object.entries(model[proxy] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))])
  return JSON.stringify(sorted)
}

/** mulberry32: enough to say when, and to say it again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
