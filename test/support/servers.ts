import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A server program of the system that some tests need. */
export class ServerProgram {
  readonly #name: string
  readonly #debianPackage: string
  readonly #path: string | undefined

  /** Looks in PATH and then in `directories`. Where nothing may be skipped (REQUIRE_SERVERS=1), a missing program is an error. */
  constructor(name: string, debianPackage: string, directories: readonly string[] = []) {
    this.#name = name
    this.#debianPackage = debianPackage
    this.#path = findProgram(name, directories)
    if (this.#path === undefined && process.env['REQUIRE_SERVERS'] === '1') throw new Error(this.#advice())
  }

  get missing(): boolean {
    return this.#path === undefined
  }

  /** Throws when missing: tests ask `missing` first. */
  get path(): string {
    if (this.#path === undefined) throw new Error(this.#advice())
    return this.#path
  }

  /** Goes behind the title of `describe.skipIf(program.missing)`: says what to install when its tests are skipped. */
  get note(): string {
    return this.missing ? ` (skipped: ${this.#advice()})` : ''
  }

  #advice(): string {
    return `${this.#name} is not installed, try apt-get install ${this.#debianPackage}`
  }
}

function findProgram(name: string, directories: readonly string[]): string | undefined {
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), ...directories].map((at) => join(at, name))
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Where Debian keeps PostgreSQL's server programs, newest version first. They are not in PATH. */
export function postgresDirectories(): readonly string[] {
  const root = '/usr/lib/postgresql'
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
    return versions.map((version) => join(root, version, 'bin'))
  } catch {
    return []
  }
}

export interface UserIds {
  readonly uid: number
  readonly gid: number
}

/** Whom to run a server as that refuses root: the first of `names` that this system has. `undefined` = we are not root. */
export function unprivileged(names: readonly string[]): UserIds | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  )
  const found = names.map((name) => users.get(name)).find((user) => user !== undefined)
  if (found === undefined) throw new Error(`this system has none of the users ${names.join(', ')}`)
  return found
}

export interface ServerProcessOptions {
  readonly args: readonly string[]
  readonly user?: UserIds | undefined
  /** The server is ready when a line of its output matches. */
  readonly ready: RegExp
  /** The signal that ends it quickly and in order. */
  readonly stopSignal: NodeJS.Signals
  /** The signal that ends it now, whatever becomes of its files. */
  readonly killSignal: NodeJS.Signals
}

const READY_WITHIN = 30_000
const STOP_WITHIN = 5_000

/** A running server of the system. Disposal ends it; so does the end of this process. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #options: ServerProcessOptions
  readonly #lines: string[] = []
  readonly #killAtExit = () => this.#child.kill(this.#options.killSignal)

  private constructor(child: ChildProcess, options: ServerProcessOptions) {
    this.#child = child
    this.#options = options
  }

  /** Answers when it is ready; a server that ends or stays silent instead is an error with its last words. */
  static async start(path: string, options: ServerProcessOptions): Promise<ServerProcess> {
    const child = spawn(path, options.args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...options.user })
    const server = new ServerProcess(child, options)
    process.once('exit', server.#killAtExit)
    try {
      await server.#ready()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  async #ready(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (why: string) => reject(new Error(`${this.#child.spawnfile} ${why}:\n${this.#lines.join('\n')}`))
    const deadline = setTimeout(() => fail(`was not ready within ${READY_WITHIN} ms`), READY_WITHIN)
    this.#child.once('error', (error) => fail(error.message))
    // Not `exit`: its last words may still be in the pipes then.
    this.#child.once('close', (code, signal) => fail(`ended with ${code ?? signal}`))
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: output! }).on('line', (line) => {
        this.#lines.push(line)
        if (this.#lines.length > 50) this.#lines.shift()
        if (this.#options.ready.test(line)) resolve()
      })
    }
    try {
      await promise
    } finally {
      clearTimeout(deadline)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit)
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    const deadline = setTimeout(() => this.#child.kill(this.#options.killSignal), STOP_WITHIN)
    this.#child.kill(this.#options.stopSignal)
    await ended
    clearTimeout(deadline)
  }
}

/** Starts on a free port, and on another one when somebody was faster. */
export async function onFreePort<T>(port: () => Promise<number>, start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await port())
    } catch (error) {
      if (attempt === 3 || !/in use/i.test(String(error))) throw error
    }
  }
}
