import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { MAIN, type LogLine } from '../../support/cli-process.ts'
import { eventually } from '../../support/wait.ts'

export const NOT_LINUX = process.platform === 'linux' ? '' : ' (skipped: limits are set as Linux has them)'

/** A file of this directory. */
export function file(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

export interface HardServerOptions {
  /** A command of the shell before the server is run in its place: a `ulimit`. */
  readonly before?: string
  /** For node, before the program. */
  readonly node?: readonly string[]
  /** Behind `serve`. */
  readonly flags?: readonly string[]
}

const STARTS_WITHIN = 60_000

/** The real server as a process of its own, in a bad place. */
export class HardServer implements AsyncDisposable {
  readonly log: LogLine[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #stderr = ''

  private constructor({ before = ':', node = [], flags = [] }: HardServerOptions) {
    const command = [process.execPath, ...node, MAIN, 'serve', '--admin', '127.0.0.1:0', ...flags]
    this.#child = spawn('sh', ['-c', `${before} && exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    })
    this.#closed = once(this.#child, 'close')
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.log.push(JSON.parse(line) as LogLine))
    }
    this.#child.stderr?.on('data', (chunk) => (this.#stderr += String(chunk)))
  }

  static async start(options: HardServerOptions = {}): Promise<HardServer> {
    const server = new HardServer(options)
    try {
      await server.logged('Admin API listening', STARTS_WITHIN)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw new Error(`the server did not start: ${server.#stderr}`, { cause: error })
    }
    return server
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** `host:port` of its admin API. */
  get address(): string {
    return String(this.lines('Admin API listening')[0]?.['address'])
  }

  /** What it has said besides its log: nothing, unless it crashed. */
  get stderr(): string {
    return this.#stderr
  }

  /** Resident bytes. */
  get resident(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) * 1024
  }

  lines(message: string): readonly LogLine[] {
    return this.log.filter((line) => line.message === message)
  }

  /** The first line with this message, as soon as there is one. */
  logged(message: string, within?: number): Promise<LogLine> {
    return eventually(
      `the log says "${message}"`,
      () => {
        if (!this.lives) throw new Error(`the server has ended: ${this.#stderr}`)
        return this.lines(message)[0]
      },
      within,
    )
  }

  send(message: string | number): void {
    this.#child.send(message)
  }

  /** The answer to a message. */
  async told<T>(message: string | number): Promise<T> {
    const answer = once(this.#child, 'message')
    this.#child.send(message)
    const [told] = (await answer) as [T]
    return told
  }

  /** One call of the admin API; anything but 2xx is an error. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`http://${this.address}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text === '' ? 'null' : text) as T
  }

  /** Makes a proxy and answers its port. */
  async proxy(name: string, upstream: string): Promise<number> {
    const { listen } = await this.call<{ listen: string }>('POST', '/v1/proxies', {
      name,
      listen: '127.0.0.1:0',
      upstream,
    })
    return Number(listen.split(':').at(-1))
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.lives) this.#child.kill('SIGKILL')
    await this.#closed
  }
}

/** An echo in a process of its own, with file descriptors of its own. */
export async function distantEcho(): Promise<AsyncDisposable & { readonly address: string }> {
  const child = spawn(process.execPath, [file('echo.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    address: `127.0.0.1:${line}`,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await closed
    },
  }
}

export async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'foulweather-hardship-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** How many files a process may open: Node raises its own limit to this. */
export function hardFileLimit(): number {
  if (process.platform !== 'linux') return 0
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return limit === 'unlimited' ? Infinity : Number(limit)
}
