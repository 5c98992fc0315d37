import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Ran } from './cli-context.ts'
import { eventually } from './wait.ts'

const ROOT = join(import.meta.dirname, '../..')

export const MAIN = join(ROOT, 'src/main.ts')
export const TOXIPROXY_SERVER = join(ROOT, 'src/toxiproxy-server.ts')

type Env = Readonly<Record<string, string>>

/** What the tests themselves run under must not decide their outcome. */
function cleanEnv(env: Env): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME, ...env }
}

/** Runs one command as a process of its own to its end. */
export async function run(argv: readonly string[], env: Env = {}, script: string = MAIN): Promise<Ran> {
  const child = spawn(process.execPath, [script, ...argv], { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number, stdout, stderr }
}

export interface LogLine {
  readonly level: string
  readonly time: string
  readonly message: string
  readonly [field: string]: unknown
}

export interface ServerStart {
  readonly argv?: readonly string[]
  readonly env?: Env
  /** Default: `foulweather serve` on a free admin port. */
  readonly script?: string
  /** The message of the log to wait for; default: that the admin API is open. */
  readonly until?: string
  /** Most open files that the kernel allows it. */
  readonly descriptors?: number
}

export interface Stopped {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Since it was asked to. */
  readonly ms: number
}

const OPEN = 'Admin API listening'

const STARTS_WITHIN_MS = 20_000

/** A server as a process of its own; its log is read line by line. */
export class FoulweatherProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<readonly [number | null, NodeJS.Signals | null]>
  readonly log: LogLine[] = []
  /** Everything it wrote, as text. */
  output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#closed = new Promise((resolve) => void child.once('close', (code, signal) => resolve([code, signal])))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.output += `${line}\n`
      this.log.push(JSON.parse(line) as LogLine)
    })
    child.stderr!.on('data', (chunk) => (this.output += String(chunk)))
  }

  static async start({
    argv,
    env = {},
    script = MAIN,
    descriptors,
    until = OPEN,
  }: ServerStart = {}): Promise<FoulweatherProcess> {
    const own = script === MAIN ? ['serve', '--admin', '127.0.0.1:0', ...(argv ?? [])] : (argv ?? [])
    const command = [process.execPath, script, ...own]
    const limited = ['bash', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'bash', ...command]
    const [file = '', ...args] = descriptors === undefined ? command : limited
    const child = spawn(file, args, { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
    const server = new FoulweatherProcess(child)
    try {
      await server.logged(until, STARTS_WITHIN_MS)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw new Error(`the server did not start:\n${server.output}`, { cause: error })
    }
    return server
  }

  /** `host:port` of its admin API. */
  get address(): string {
    return String(this.log.find(({ message }) => message === OPEN)?.['address'])
  }

  /** The first line with this message, as soon as there is one. */
  logged(message: string, within?: number): Promise<LogLine> {
    const gone = (): boolean => this.#child.exitCode !== null
    return eventually(
      `the log says "${message}"`,
      () => {
        const line = this.log.find((each) => each.message === message)
        if (line === undefined && gone()) throw new Error(`the process has ended:\n${this.output}`)
        return line
      },
      within,
    )
  }

  /** Runs a command against it. */
  run(...argv: readonly string[]): Promise<Ran> {
    return run(argv, { FOULWEATHER_URL: `http://${this.address}` })
  }

  /** Runs a command against it that has to succeed; answers what it printed. */
  async ok(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...argv)
    if (code !== 0 || stderr !== '') throw new Error(`${argv.join(' ')}: exit code ${code}, ${stderr}`)
    return stdout
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://${this.address}${path}`, init)
  }

  /** Closes the reading end of its stdout. */
  dropLog(): void {
    this.#child.stdout!.destroy()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Answers when the process is gone and everything it wrote has been read. */
  async ended(): Promise<Stopped> {
    const started = performance.now()
    const [code, signal] = await this.#closed
    return { code, signal, ms: performance.now() - started }
  }

  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Stopped> {
    this.#child.kill(signal)
    return this.ended()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop('SIGKILL')
  }
}
