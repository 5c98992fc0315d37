import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const STDERR_KEPT = 2000
const KILL_AFTER_MS = 4000

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Keep what it prints on stdout (load generators), or let it go to nowhere (proxies and their logs). Default: keep. */
  readonly output?: 'keep' | 'discard'
  /** Whom to run it as, for a program that refuses root; it then starts in `/`, because it may not be let into our directory. */
  readonly user?: UserIds | undefined
  /** What ends it in order. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

export interface UserIds {
  readonly uid: number
  readonly gid: number
}

/** A process that we have started and that does not outlive us. */
export class Program implements AsyncDisposable {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #stopSignal: NodeJS.Signals
  #stdout = ''
  #stderr = ''
  #failure: Error | undefined

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.#name = command.endsWith('/node') ? `node ${args[0] ?? ''}` : command
    this.#stopSignal = options.stopSignal ?? 'SIGTERM'
    this.#child = spawn(command, args, {
      ...(options.user === undefined ? {} : { ...options.user, cwd: '/' }),
      stdio: ['ignore', options.output === 'discard' ? 'ignore' : 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    })
    running.add(this.#child)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)
    })
    // 'close' comes after the last output; a program that cannot be started emits 'error' instead.
    this.#exited = once(this.#child, 'close').catch((error: unknown) => (this.#failure = error as Error))
    void this.#exited.then(() => running.delete(this.#child))
  }

  /** One of ours, by its path under bench/. */
  static node(path: string, ...args: readonly (string | number)[]): Program {
    return new Program(process.execPath, [benchFile(path), ...args.map(String)])
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start`)
    return this.#child.pid
  }

  /** Looks every 20 ms until `look` answers something; fails when the program ends or the time is over. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, deadlineMs = 10_000): Promise<T> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const seen = await look()
      if (seen !== undefined) return seen
      if (this.#ended) throw new Error(`${this.#name} ended before ${what}: ${this.#complaint}`)
      if (performance.now() > end) throw new Error(`${this.#name}: no ${what} within ${deadlineMs} ms ${this.#stderr}`)
      await sleep(20)
    }
  }

  /** The first line of stdout, as JSON. */
  firstLine<T>(deadlineMs?: number): Promise<T> {
    const look = (): T | undefined => {
      const end = this.#stdout.indexOf('\n')
      return end === -1 ? undefined : (JSON.parse(this.#stdout.slice(0, end)) as T)
    }
    return this.until('first line of output', look, deadlineMs)
  }

  async listening(port: number): Promise<void> {
    await this.until(`listening on port ${port}`, async () => ((await canConnect(port)) ? true : undefined))
  }

  /** Waits for its end and answers all of stdout; fails when it exits with an error or runs for longer than `deadlineMs`. */
  async output(deadlineMs: number): Promise<string> {
    await this.until('its end', () => (this.#ended ? true : undefined), deadlineMs).catch(async (error: unknown) => {
      await this.stop()
      throw error
    })
    await this.#exited
    if (this.#failure !== undefined || this.#child.exitCode !== 0) {
      throw new Error(`${this.#name} failed: ${this.#complaint}`)
    }
    return this.#stdout
  }

  async stop(): Promise<void> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS)
    this.#child.kill(this.#stopSignal)
    await this.#exited
    clearTimeout(kill)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #ended(): boolean {
    return this.#failure !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get #complaint(): string {
    return this.#failure?.message ?? `exit ${this.#child.exitCode ?? this.#child.signalCode} ${this.#stderr.trim()}`
  }
}

/** Runs one of ours to its end and answers the one line of JSON that it prints. */
export async function runNode<T>(deadlineMs: number, path: string, ...args: readonly (string | number)[]): Promise<T> {
  await using program = Program.node(path, ...args)
  return JSON.parse(await program.output(deadlineMs)) as T
}

/** The text that a command prints, on stdout or stderr, or `undefined` when it cannot be run. */
export async function textOf(command: string, ...args: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 5000 })
  let text = ''
  child.stdout.on('data', (part: Buffer) => (text += part.toString()))
  child.stderr.on('data', (part: Buffer) => (text += part.toString()))
  try {
    await once(child, 'close')
  } catch {
    return undefined
  }
  return text.trim()
}

export function benchFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
