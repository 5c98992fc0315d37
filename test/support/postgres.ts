import { execFile } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { onFreePort, postgresDirectories, ServerProcess, ServerProgram, unprivileged } from './servers.ts'

const initdb = new ServerProgram('initdb', 'postgresql', postgresDirectories())
export const postgresProgram = new ServerProgram('postgres', 'postgresql', postgresDirectories())

export interface Postgres extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** A fresh PostgreSQL cluster in a directory of its own, reachable from this machine only, gone with its files on disposal. */
export async function startPostgres(): Promise<Postgres> {
  await using undo = new AsyncDisposableStack()
  // PostgreSQL refuses to run as root.
  const user = unprivileged(['postgres', 'nobody'])
  const directory = await mkdtemp(join(tmpdir(), 'foulweather-pg-'))
  undo.defer(() => rm(directory, { recursive: true, force: true }))
  if (user !== undefined) await chown(directory, user.uid, user.gid)

  const data = join(directory, 'data')
  const create = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await promisify(execFile)(initdb.path, create, { cwd: '/', ...user })

  const { port } = await onFreePort(freePort, async (port) => {
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: directory,
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      shared_buffers: '32MB',
    }
    const server = await ServerProcess.start(postgresProgram.path, {
      args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      user,
      ready: /database system is ready to accept connections/,
      // Smart shutdown (SIGTERM) would wait for clients; fast shutdown does not.
      stopSignal: 'SIGINT',
      // Not SIGKILL: the postmaster has to take its children along.
      killSignal: 'SIGQUIT',
    })
    undo.use(server)
    return { port }
  })

  const stack = undo.move()
  return {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
