import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { residentBytes } from '../bench/proc.ts'
import { THREADS_VARIABLE, type Insight, type Wish } from './in-server.ts'
import { LogWatch } from './watch/log.ts'

export interface ServerOptions {
  /** The program. */
  readonly main: string
  readonly workers: string | undefined
  readonly seed: number
  /** Everything that it writes goes there. */
  readonly directory: string
}

const STARTS_WITHIN = 60_000
const STOPS_WITHIN = 30_000
const ANSWERS_WITHIN = 60_000

/** Small budgets: they are met now and then, and what waits does not hide what leaks. */
const FLAGS = ['--session-buffer', '8MiB', '--process-buffer', '64MiB', '--dial-timeout', '60s']
/** Short memories are full after the rehearsal, and do not look like a leak. A fault that draws for each chunk fills that of decisions in less than a second. */
const MEMORIES = ['--decisions', '20000', '--exchanges', '2000']

/** The server that is soaked: a process of its own, whose output goes to files. */
export class SoakedServer implements AsyncDisposable {
  readonly profiles: string
  readonly audit: string
  readonly state: string
  readonly log: LogWatch
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #killAtExit = (): boolean => this.#child.kill('SIGKILL')
  #address = ''
  #asking: Promise<unknown> = Promise.resolve()

  private constructor({ main, workers, seed, directory }: ServerOptions, profiles: string) {
    this.profiles = profiles
    this.audit = join(directory, 'audit.ndjson')
    this.state = join(directory, 'state.json')
    const logs = { stdout: join(directory, 'server.log'), stderr: join(directory, 'server.err') }
    const stdout = openSync(logs.stdout, 'w')
    const stderr = openSync(logs.stderr, 'w')
    const inServer = fileURLToPath(new URL('in-server.ts', import.meta.url))
    const node = ['--expose-gc', '--unhandled-rejections=strict', '--import', inServer]
    const flags = ['--admin', '127.0.0.1:0', '--seed', String(seed), '--profiles', profiles]
    const files = ['--state', this.state, '--audit', this.audit]
    const threads = workers === undefined ? [] : ['--workers', workers]
    const args = [...node, main, 'serve', ...flags, ...files, ...FLAGS, ...MEMORIES, ...threads]
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', stdout, stderr, 'ipc'],
      env: { ...process.env, LOG_LEVEL: 'info', ...(workers === undefined ? {} : { [THREADS_VARIABLE]: '1' }) },
    })
    closeSync(stdout)
    closeSync(stderr)
    this.#ended = once(this.#child, 'exit')
    process.once('exit', this.#killAtExit)
    this.log = new LogWatch(logs)
  }

  static async start(options: ServerOptions, profiles: string): Promise<SoakedServer> {
    const server = new SoakedServer(options, profiles)
    const deadline = performance.now() + STARTS_WITHIN
    for (;;) {
      server.log.read()
      server.#address = server.log.address
      if (server.#address !== '') return server
      if (server.over || performance.now() > deadline) {
        const said = server.log.lastWords
        await server[Symbol.asyncDispose]()
        throw new Error(`the server did not start:\n${said}`)
      }
      await sleep(50)
    }
  }

  get url(): string {
    return `http://${this.#address}`
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** It is gone; nobody asked it to. */
  get over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get howItEnded(): string {
    return `exit code ${this.#child.exitCode}, signal ${this.#child.signalCode}`
  }

  /** Resident bytes now. */
  get resident(): number {
    return residentBytes(readFileSync(`/proc/${this.pid}/status`, 'utf8'))
  }

  /** What its file descriptors are, by kind. */
  descriptors(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const name of readdirSync(`/proc/${this.pid}/fd`)) {
      const kind = kindOf(`/proc/${this.pid}/fd/${name}`)
      if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1
    }
    return counts
  }

  /** Collects garbage, and tells what is left. */
  look(): Promise<Insight> {
    return this.#ask<Insight>('look')
  }

  /** Has one of its threads die; answers of how many. Threads are known after a `look`. */
  killWorker(): Promise<number> {
    return this.#ask<number>('kill')
  }

  /** One question after the other: answers do not say which question they are for. */
  #ask<Answer>(wish: Wish): Promise<Answer> {
    const asked = this.#asking.then(async () => {
      const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(ANSWERS_WITHIN) })
      this.#child.send(wish)
      const [told] = (await answer) as [Answer]
      return told
    })
    this.#asking = asked.catch(() => {})
    return asked
  }

  /** In good order; answers its exit code, `undefined` = it had to be killed. */
  async stop(): Promise<number | undefined> {
    if (!this.over) this.#child.kill('SIGTERM')
    const late = new AbortController()
    const stopped = await Promise.race([
      this.#ended.then(() => true),
      sleep(STOPS_WITHIN, false, { signal: late.signal }),
    ])
    late.abort()
    if (!stopped) await this[Symbol.asyncDispose]()
    this.log.read()
    return stopped ? (this.#child.exitCode ?? undefined) : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit)
    if (this.over) return
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

function kindOf(link: string): string | undefined {
  try {
    const target = readlinkSync(link)
    return /^([a-z_]+|anon_inode):/.exec(target) === null ? 'file' : target.replace(/:?\[?\d+\]?$/, '')
  } catch {
    // Closed since it was listed.
    return undefined
  }
}
