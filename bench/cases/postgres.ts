import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort, Program, textOf, type UserIds } from '../program.ts'
import type { Upstream } from './rounds.ts'

/** Where Debian and its relatives keep the programs of each version. */
const ROOT = '/usr/lib/postgresql'
const DEADLINE_MS = 60_000

const NAMES = ['initdb', 'postgres', 'pgbench', 'pg_isready'] as const

/** Where each program is. */
export type PostgresPrograms = Readonly<Record<(typeof NAMES)[number], string>>

/** The programs, those of the newest version first; where one is missing its name. */
export function findPostgres(): PostgresPrograms | string {
  const found = NAMES.map((name) => [name, findProgram(name)] as const)
  const missing = found.find(([, path]) => path === undefined)
  if (missing !== undefined) return `${missing[0]} is not installed`
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of entries has lost the names of its keys
  return Object.fromEntries(found) as PostgresPrograms
}

function findProgram(name: string): string | undefined {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(b) - Number(a)) : []
  const directories = [
    ...versions.map((version) => join(ROOT, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path))
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): UserIds | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const [, , uid, gid] = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? []
  if (uid === undefined || gid === undefined) throw new Error('there is neither a user postgres nor a user nobody')
  return { uid: Number(uid), gid: Number(gid) }
}

/** A new cluster in a directory of its own, gone with its files on disposal. It is to answer at once, not to keep what it is told. */
export async function startPostgres({ initdb, postgres, pg_isready: ready }: PostgresPrograms): Promise<Upstream> {
  const user = unprivileged()
  const directory = await mkdtemp(join(tmpdir(), 'foulweather-bench-pg-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  if (user !== undefined) await chown(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const create = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await using creating = new Program(initdb, create, { user })
  await creating.output(DEADLINE_MS)

  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${directory}`,
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'autovacuum=off',
    'shared_buffers=64MB',
  ]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  // On SIGTERM it would wait for its clients.
  const server = stack.use(new Program(postgres, args, { user, output: 'discard', stopSignal: 'SIGINT' }))
  const accepting = async (): Promise<true | undefined> =>
    (await textOf(ready, '-h', '127.0.0.1', '-p', String(port)))?.includes('accepting') === true ? true : undefined
  await server.until('accepting connections', accepting, DEADLINE_MS)
  const kept = stack.move()
  return { port, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
