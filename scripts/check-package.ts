/**
 * Does on this machine what the Dockerfile does in a container, with what is published: build, pack, install into an empty
 * directory, start, drive one fault, ask the health check, stop. Ends with 1 at the first thing that is not as it should be.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { readDockerfile } from './dockerfile.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')
const MINIMUM_NODE = 24
const ADMIN = '127.0.0.1'

const image = readDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))

async function buildAndPack(into: string): Promise<string> {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  await run('npm', ['run', 'build'], { cwd: ROOT })
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', into], { cwd: ROOT })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  const files = packed.files.map(({ path }) => path)
  for (const wanted of [
    'dist/main.js',
    'dist/toxiproxy-server.js',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/client/index.js',
    'dist/client/index.d.ts',
    'README.md',
    'LICENSE',
  ])
    assert.ok(files.includes(wanted), `the package lacks ${wanted}`)
  const strays = files.filter((path) => /^(src|test|bench|demo|scripts|examples)\/|(?<!\.d)\.ts$/.test(path))
  assert.deepEqual(strays, [], 'the package carries what nobody needs to run it')
  return join(into, packed.filename)
}

/** Answers the folder of the installed package. */
async function install(tarball: string, into: string): Promise<string> {
  writeFileSync(join(into, 'package.json'), JSON.stringify({ name: 'somebody', private: true }))
  await run('npm', ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: into })
  return join(into, 'node_modules', 'foulweather')
}

interface Server {
  readonly process: ChildProcess
  readonly admin: string
}

/** Runs the image's ENTRYPOINT in `directory`, on a free port of this machine in place of the image's. */
async function serve(directory: string): Promise<Server> {
  const [node, ...args] = image.entrypoint.map((word) => word.replace('0.0.0.0:8474', `${ADMIN}:0`))
  assert.equal(node, 'node')
  assert.ok(args.includes(`${ADMIN}:0`), 'the ENTRYPOINT does not listen on 0.0.0.0:8474')
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...process.env, ...image.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    const { address } = JSON.parse(line) as { address?: string }
    if (address !== undefined) {
      // Nobody reads on: without this a full pipe would be the server's problem.
      child.stdout.resume()
      return { process: child, admin: address }
    }
  }
  throw new Error(`foulweather serve ended with ${child.exitCode} and did not say where the admin API is`)
}

async function call(admin: string, method: string, path: string, body?: unknown): Promise<{ listen: string }> {
  const response = await fetch(`http://${admin}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as { listen: string }
}

/** Milliseconds until `text` has come back. */
async function echoed(socket: Socket, text: string): Promise<number> {
  const start = performance.now()
  socket.write(text)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.equal(answer.toString(), text)
  return performance.now() - start
}

async function driveOneFault(admin: string): Promise<void> {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const upstream = `127.0.0.1:${(echo.address() as AddressInfo).port}`
  const { listen } = await call(admin, 'POST', '/proxies', { name: 'echo', listen: '127.0.0.1:0', upstream })
  const socket = connect(Number(listen.split(':').at(-1)), '127.0.0.1').setNoDelay()
  await echoed(socket, 'fair')
  await call(admin, 'POST', '/proxies/echo/toxics', { type: 'latency', attributes: { latency: 300 } })
  const took = await echoed(socket, 'foul')
  assert.ok(took >= 299, `the latency of 300 ms took ${took} ms`)
  socket.destroy()
  echo.close()
}

/** As a program of whoever has installed the package: the client drives the server, and the library needs none. */
const PROGRAM = `
  import assert from 'node:assert/strict'
  import { createFoulweather } from 'foulweather'
  import { FoulweatherClient } from 'foulweather/client'
  const client = new FoulweatherClient({ url: process.env.FOULWEATHER_URL })
  const { name } = await client.proxies.create({ name: 'by-client', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
  const there = await client.withFault(name, { type: 'latency', latency: '1s' }, () => client.faults(name).list())
  assert.deepEqual(there.map(({ latency, lease }) => [latency, lease]), [[1000, 30_000]])
  assert.deepEqual(await client.faults(name).list(), [])
  await client.proxies.delete(name)
  await using foulweather = await createFoulweather()
  await using proxy = await foulweather.proxy({ upstream: '127.0.0.1:1' })
  assert.ok(proxy.port > 0)`

async function driveByClient(somebody: string, admin: string): Promise<void> {
  const env = { ...process.env, FOULWEATHER_URL: admin }
  await run(process.execPath, ['--input-type=module', '-e', PROGRAM], { cwd: somebody, env })
}

async function checkHealth(admin: string): Promise<void> {
  const [node, ...args] = image.healthcheck.map((word) => word.replace('127.0.0.1:8474', admin))
  assert.equal(node, 'node')
  assert.ok(
    args.some((word) => word.includes(admin)),
    'the HEALTHCHECK does not ask 127.0.0.1:8474',
  )
  await run(process.execPath, args)
}

async function checkHealthFails(admin: string): Promise<void> {
  await assert.rejects(checkHealth(admin), 'the HEALTHCHECK is content although nothing listens')
}

/** A container's stop: SIGTERM, and the time that Docker gives before it kills. */
async function stop({ process: child }: Server): Promise<void> {
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(10_000) })
  child.kill('SIGTERM')
  const [code, signal] = (await ended) as [number | null, string | null]
  assert.equal(code, 0, `SIGTERM ended the server with ${code ?? signal}`)
}

/** The Node that a user's own shell finds: the first of PATH that is not one of npm's. */
function systemNode(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((at) => !at.includes('node_modules'))
  return directories
    .map((directory) => join(directory, 'node'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** A Node that is too old gets one line that says so, not a stack trace. */
async function checkOldNode(installed: string): Promise<string> {
  const node = systemNode()
  if (node === undefined) return 'no system Node'
  const version = (await run(node, ['--version'])).stdout.trim()
  if (Number(version.slice(1).split('.')[0]) >= MINIMUM_NODE) return `system Node ${version} is new enough`
  const refusal = await run(node, [join(installed, 'dist/main.js'), '--version']).then(
    () => assert.fail(`Node ${version} ran it`),
    (error: { code: number; stderr: string }) => error,
  )
  assert.match(refusal.stderr, new RegExp(`^[^\\n]*Node[^\\n]*${MINIMUM_NODE}[^\\n]*\\n$`))
  assert.notEqual(refusal.code, 0)
  return `system Node ${version} is refused: ${refusal.stderr.trim()}`
}

const directory = mkdtempSync(join(tmpdir(), 'foulweather-package-'))
try {
  const tarball = await buildAndPack(directory)
  console.log(`packed ${tarball}`)
  const installed = await install(tarball, directory)
  console.log(`installed ${installed}`)
  const server = await serve(installed)
  console.log(`serving, admin API at ${server.admin}`)
  await driveOneFault(server.admin)
  await driveByClient(directory, server.admin)
  await checkHealth(server.admin)
  await stop(server)
  await checkHealthFails(server.admin)
  console.log('one fault driven, by REST and by the client, health check asked, stopped by SIGTERM')
  console.log(await checkOldNode(installed))
} finally {
  rmSync(directory, { recursive: true, force: true })
}
