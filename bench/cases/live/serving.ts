import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminClient } from '../../admin.ts'
import { benchFile, freePort, Program } from '../../program.ts'

/** What has no effect by then has none. */
const DEADLINE_MS = 10_000

/** Foulweather from source, with a directory of profiles that is empty at first. */
export interface Serving extends AsyncDisposable {
  readonly admin: AdminClient
  readonly profiles: string
  readonly pid: number
}

export async function serve(...flags: readonly string[]): Promise<Serving> {
  const profiles = await mkdtemp(join(tmpdir(), 'foulweather-bench-'))
  const port = await freePort()
  const args = [benchFile('../src/main.ts'), 'serve', '--admin', `127.0.0.1:${port}`, '--profiles', profiles, ...flags]
  const program = new Program(process.execPath, args, { output: 'discard' })
  const admin = new AdminClient(port)
  const dispose = async (): Promise<void> => {
    await program.stop()
    await rm(profiles, { recursive: true, force: true })
  }
  try {
    await program.until('answer of its admin API', async () => ((await admin.answers()) ? true : undefined), 20_000)
  } catch (error) {
    await dispose()
    throw error
  }
  return { admin, profiles, pid: program.pid, [Symbol.asyncDispose]: dispose }
}

/** A session that has exchanged a byte. */
export async function openSession(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  await answered(socket, () => socket.write('x'))
  return socket
}

/** Milliseconds from `act` to the next bytes. */
export async function answered(socket: Socket, act: () => unknown): Promise<number> {
  const data = once(socket, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) })
  const begin = performance.now()
  await Promise.all([act(), data.then(() => undefined)])
  return performance.now() - begin
}

/** Milliseconds from `act` to the next bytes, or to the end of the connection, whatever `act` takes itself. */
export async function effectOf(socket: Socket, event: 'data' | 'close', act: () => Promise<unknown>): Promise<number> {
  const effect = once(socket, event, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(() => performance.now())
  const begin = performance.now()
  const [at] = await Promise.all([effect, act()])
  return at - begin
}
