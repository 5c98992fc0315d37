import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminClient } from '../admin.ts'
import { freePort, Program, textOf, type ProgramOptions } from '../program.ts'
import { PROXY, type Located, type RunningRival } from './rival.ts'

/** The ways in which more than one rival is found and started. */

export async function locateBinary(command: string, versionArg: string, pattern: RegExp): Promise<Located> {
  const text = await textOf(command, versionArg)
  if (text === undefined) return { found: false, reason: `${command} cannot be run` }
  return { found: true, version: pattern.exec(text)?.[1] ?? text }
}

/**
 * Starts a program that reads a configuration file naming its port; the file goes when the program goes.
 * `sparePort` is for an admin API that cannot be switched off; `suffix` for a program that judges a file by its name.
 */
export async function startConfigured(
  configuration: (port: number, folder: string) => string,
  command: string,
  args: (file: string, folder: string, sparePort: number) => readonly string[],
  suffix = '',
): Promise<RunningRival> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-bench-'))
  const file = join(folder, `configuration${suffix}`)
  await writeFile(file, configuration(port, folder))
  const program = new Program(command, args(file, folder, await freePort()), { output: 'discard' })
  const dispose = async (): Promise<void> => {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return ready(program, { port, pid: program.pid, [Symbol.asyncDispose]: dispose })
}

/** Starts a Node program of ours that takes the upstream port and prints its own. */
export async function startNode(path: string, upstream: number): Promise<RunningRival> {
  const program = Program.node(path, upstream)
  const { port } = await program.firstLine<{ port: number }>()
  return { port, pid: program.pid, [Symbol.asyncDispose]: () => program.stop() }
}

/** Makes the proxy that is measured, and answers its port. */
export type MakeProxy = (admin: AdminClient, upstream: number) => Promise<number>

/** Starts a program that speaks Toxiproxy's admin API and makes one proxy there. */
export async function startWithAdmin(
  command: string,
  args: (adminPort: number) => readonly string[],
  upstream: number,
  env: ProgramOptions['env'] = {},
  make: MakeProxy = (admin) => admin.createProxy(PROXY, upstream),
): Promise<RunningRival> {
  const adminPort = await freePort()
  const program = new Program(command, args(adminPort), { output: 'discard', env })
  const admin = new AdminClient(adminPort)
  try {
    await program.until('answer of its admin API', async () => ((await admin.answers()) ? true : undefined), 20_000)
    const port = await make(admin, upstream)
    return { port, pid: program.pid, admin, [Symbol.asyncDispose]: () => program.stop() }
  } catch (error) {
    await program.stop()
    throw error
  }
}

/** A package of npm that a program of ours uses. */
export async function locatePackage(name: string): Promise<Located> {
  const manifest = findPackageJSON(name, import.meta.url)
  if (manifest === undefined) return { found: false, reason: `the package ${name} is not installed (npm ci)` }
  return { found: true, version: (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version }
}

async function ready(program: Program, rival: RunningRival): Promise<RunningRival> {
  try {
    await program.listening(rival.port)
    return rival
  } catch (error) {
    await rival[Symbol.asyncDispose]()
    throw error
  }
}
