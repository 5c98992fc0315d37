import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Place, ROOT } from './command.ts'

export interface StartedServer extends AsyncDisposable {
  /** `host:port` of its admin API. */
  readonly admin: string
}

/** The repository after `npm ci && npm run build`, as somebody finds it who has only the Node of the system in the PATH. */
export class BuiltRepository implements AsyncDisposable {
  readonly place: Required<Place>

  private constructor(place: Required<Place>) {
    this.place = place
  }

  static async make(): Promise<BuiltRepository> {
    const cwd = await mkdtemp(join(tmpdir(), 'foulweather-built-'))
    await cp(join(ROOT, 'package.json'), join(cwd, 'package.json'))
    await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'))
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    // It writes its output whether or not the types are in order; that they are is checked elsewhere.
    await promisify(execFile)(tsc, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(cwd, 'dist')]).catch(
      () => {},
    )
    return new BuiltRepository({ cwd, env: userEnvironment(cwd) })
  }

  /** Runs a command that starts a server; disposal stops it as Ctrl-C does. */
  async start(command: string): Promise<StartedServer> {
    const child = spawn('sh', ['-c', command], { ...this.place, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    let admin: string | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      admin = (JSON.parse(line) as { address?: string }).address
      if (admin !== undefined) break
    }
    if (admin === undefined) throw new Error(`${command} ended before its admin API was open`)
    return {
      admin,
      async [Symbol.asyncDispose]() {
        // Its whole group, as a terminal does.
        process.kill(-child.pid!, 'SIGINT')
        await closed
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.place.cwd, { recursive: true })
  }
}

/** Without what npm adds for its scripts: no `node_modules/.bin` in the PATH, no settings. Its cache is not the user's own. */
function userEnvironment(cwd: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|node_|vitest)/i.test(name))
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(own), PATH: path.join(delimiter), npm_config_cache: join(cwd, '.npm') }
}
