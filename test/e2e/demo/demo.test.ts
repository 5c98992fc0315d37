import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoCommands } from '../../../demo/commands.ts'
import { BIG_FILE_BYTES } from '../../../demo/origin.ts'
import type { DemoPorts } from '../../../demo/options.ts'
import { indented, introduction } from '../../../demo/screen.ts'
import { ServerProgram } from '../../support/servers.ts'
import { eventually } from '../../support/wait.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** It takes two or three seconds on a machine that has nothing else to do. */
const STARTS_WITHIN_MS = 50_000
const FREE_PORTS = ['--pg', '0', '--web', '0', '--admin', '0']

const psql = new ServerProgram('psql', 'postgresql-client')
const curl = new ServerProgram('curl', 'curl')

class Demo {
  readonly process: ChildProcess
  readonly #closed: Promise<unknown>
  output = ''

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, ['demo/main.ts', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.process, 'close')
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
  }

  async ports(): Promise<DemoPorts> {
    await eventually('the demo has said everything', () => this.output.includes('Ctrl-C'), STARTS_WITHIN_MS)
    const port = (pattern: RegExp) => Number(pattern.exec(this.output)?.[1])
    return {
      pg: port(/Postgres +127\.0\.0\.1:(\d+)/),
      web: port(/Web site +http:\/\/127\.0\.0\.1:(\d+)/),
      admin: port(/Admin API +http:\/\/127\.0\.0\.1:(\d+)/),
    }
  }

  /** The exit code, after all output. */
  async ended(): Promise<number | null> {
    await this.#closed
    return this.process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#closed
  }
}

/** Runs a command as a user does: by the shell, from the top of the repository. */
async function shell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: ROOT })
  return stdout
}

/** What curl says it took. */
function seconds(output: string): number {
  return Number(/^200 ([\d.]+) s\n$/.exec(output)?.[1])
}

describe('the demo', () => {
  let demo: Demo | undefined
  afterEach(async () => {
    await demo?.[Symbol.asyncDispose]()
    demo = undefined
  })

  function start(...args: string[]): Demo {
    demo = new Demo(args)
    return demo
  }

  it('explains itself', async () => {
    const { output, code } = await finished(start('--help'))
    expect(code).toBe(0)
    expect(output).toMatch(/--pg PORT.*15432[^]*--web PORT.*18080[^]*--admin PORT.*8474/)
  })

  it.each(['--pg', '--web', '--admin'])('says which port is taken and how to choose another one: %s', async (flag) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { output, code } = await finished(start(...FREE_PORTS, flag, String(port)))
    taken.close()
    expect(code).toBe(1)
    expect(output.match(new RegExp(`\\b${port}\\b`, 'g'))).toHaveLength(1)
    expect(output).toContain('address already in use; choose another')
    expect(output).toContain(`npm start -- ${flag} PORT`)
    expect(output).not.toContain('    at ')
  })

  it.each([['--pg', '70000'], ['--pg', 'x'], ['--wrong']])(
    'refuses %s %s with a line that says why',
    async (...args) => {
      const { output, code } = await finished(start(...args))
      expect(code).toBe(1)
      expect(output).toContain(args[0])
      expect(output).not.toContain('    at ')
    },
  )

  async function finished(started: Demo): Promise<{ output: string; code: number | null }> {
    const code = await started.ended()
    return { output: started.output, code }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s', async (signal) => {
    const running = start(...FREE_PORTS)
    const { admin } = await running.ports()
    running.process.kill(signal)
    expect(await running.ended()).toBe(0)
    await expect(fetch(`http://127.0.0.1:${admin}/version`)).rejects.toThrow('fetch failed')
  })

  it('ends without a stack when nobody reads what it prints', { timeout: STARTS_WITHIN_MS }, async () => {
    const command = `'${process.execPath}' demo/main.ts ${FREE_PORTS.join(' ')} | head -1`
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { cwd: ROOT })
    expect({ stdout, stderr }).toEqual({ stdout: 'Starting …\n', stderr: '' })
  })

  it.each([true, false])('fits into 80 columns, with psql: %s', (withPsql) => {
    const ports = { pg: 15_432, web: 18_080, admin: 65_535 }
    const lines = introduction(ports, demoCommands(ports, withPsql)).split('\n')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })

  describe.skipIf(curl.missing)(`what it suggests${curl.note}`, () => {
    const done = new Set<string>()
    let running: Demo
    let ports: DemoPorts
    beforeAll(async () => {
      running = new Demo(FREE_PORTS)
      ports = await running.ports()
    })
    afterAll(() => running[Symbol.asyncDispose]())

    /** The one suggestion that matches. */
    function suggested(pattern: RegExp, withPsql = false): string {
      const found = demoCommands(ports, withPsql).filter(({ purpose }) => pattern.test(purpose))
      expect(found).toHaveLength(1)
      done.add(found[0]!.purpose)
      return found[0]!.command
    }

    it('is printed as it is', () => {
      for (const { command } of demoCommands(ports, !psql.missing))
        expect(running.output).toContain(`${indented(command)}\n`)
    })

    it.skipIf(psql.missing)(`works with psql${psql.note}`, async () => {
      const ask = suggested(/ask Postgres/, true)
      expect(await shell(ask)).toContain('1000')
      await shell(suggested(/half a second late/, true))
      expect(Number(/Time: ([\d.]+) ms/.exec(await shell(ask))?.[1])).toBeGreaterThanOrEqual(490)
      await shell(suggested(/fair weather again/, true))
    })

    it('works, every line of it', { timeout: 120_000 }, async () => {
      const ask = suggested(/ask Postgres/)
      const load = suggested(/load a file/)
      const askWeb = suggested(/ask the web site/)
      expect(await shell(ask)).toContain('1000')
      expect(await shell(load)).toMatch(/^200 [\d.]+ s\n$/)
      expect(await shell(askWeb)).toBe('200 '.repeat(10))

      await shell(suggested(/3 of 10 requests/))
      let answers = ''
      for (let times = 0; times < 10; times++) answers += await shell(askWeb)
      // Of 100 draws with 0.3, fewer than 5 or more than 65 come less than once in ten thousand million times.
      const failed = answers.split(' ').filter((status) => status === '503').length
      expect(failed).toBeGreaterThanOrEqual(5)
      expect(failed).toBeLessThanOrEqual(65)
      const { exchanges } = JSON.parse(await shell(suggested(/what was asked of the web site/))) as {
        exchanges: object[]
      }
      expect(exchanges).toContainEqual(
        expect.objectContaining({ proxy: 'web', status: 503, origin: 'injected', faults: ['http_error'] }),
      )
      await shell(suggested(/fair weather again/))

      await shell(suggested(/half a second late/))
      const took = Number(/(\d+) ms, connecting included/.exec(await shell(ask))?.[1])
      // Connecting takes one answer, the question another one.
      expect(took).toBeGreaterThanOrEqual(1_000)

      await shell(suggested(/cap the web site/))
      expect(seconds(await shell(load))).toBeGreaterThan((BIG_FILE_BYTES / 20_000) * 0.9)

      await shell(suggested(/take Postgres down/))
      await expect(shell(ask)).rejects.toThrow('ECONNREFUSED')

      const { sessions } = JSON.parse(await shell(suggested(/who is and was connected/))) as { sessions: object[] }
      expect(sessions).toContainEqual(
        expect.objectContaining({ proxy: 'pg', stages: { upstream: [], downstream: ['latency_downstream'] } }),
      )

      await shell(suggested(/fair weather again/))
      expect(await shell(ask)).toContain('1000')
      expect(seconds(await shell(load))).toBeLessThan(10)

      expect(done).toEqual(new Set(demoCommands(ports, false).map(({ purpose }) => purpose)))
    })

    it('shows in the counters', async () => {
      await shell(suggested(/load a file/))
      await expect.poll(() => running.output, { timeout: 15_000 }).toMatch(/web up: [1-9]\d* sessions .* KB/)
    })
  })
})
