import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../../package.json' with { type: 'json' }
import { DEFAULT_ADMIN_PORT } from '../../../src/cli/connection.ts'
import { runCli } from '../../../src/cli/program.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { postgresProgram, startPostgres } from '../../support/postgres.ts'
import { ServerProgram } from '../../support/servers.ts'
import { eventually } from '../../support/wait.ts'
import { documented, ROOT } from './command.ts'

interface Service {
  readonly build?: string
  readonly command?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, unknown>>
}

const EXAMPLE = join(ROOT, 'examples/compose')
const text = readFileSync(join(EXAMPLE, 'compose.yaml'), 'utf8')
const { services } = parse(text) as { services: Readonly<Record<string, Service>> }
const { foulweather: sidecar, app } = services
const [proxy, ...otherProxies] = JSON.parse(readFileSync(join(EXAMPLE, 'proxies.json'), 'utf8')) as {
  name: string
  listen: string
  upstream: string
}[]

const curl = new ServerProgram('curl', 'curl')

describe('the Compose example', () => {
  it('builds from folders that have a Dockerfile, the first of them this repository', () => {
    const contexts = Object.values(services).flatMap(({ build }) => (build === undefined ? [] : [join(EXAMPLE, build)]))
    expect(contexts).toEqual([ROOT, join(EXAMPLE, 'app')])
    for (const context of contexts) expect(existsSync(join(context, 'Dockerfile'))).toBe(true)
    expect(text).toContain('docker compose -f examples/compose/compose.yaml')
  })

  it('mounts a file that exists to where the command reads it', () => {
    const [source, target] = sidecar!.volumes![0]!.split(':')
    expect(existsSync(join(EXAMPLE, source!))).toBe(true)
    expect(sidecar!.command![sidecar!.command!.indexOf('--config') + 1]).toBe(target)
  })

  it('uses options that the command has', async () => {
    let help = ''
    const write = (piece: string) => {
      help += piece
    }
    await runCli(['serve', '--help'], { out: write, err: write, terminal: false, env: {} })
    const options = sidecar!.command!.filter((word) => word.startsWith('--'))
    expect(options.filter((option) => !help.includes(`${option} `))).toEqual([])
  })

  it('publishes the admin API to this machine only', () => {
    expect(sidecar!.ports).toEqual([`127.0.0.1:${DEFAULT_ADMIN_PORT}:${DEFAULT_ADMIN_PORT}`])
  })

  it('leads the application through the proxy to Postgres', () => {
    expect(otherProxies).toEqual([])
    const database = new URL(app!.environment!['DATABASE_URL']!)
    expect(database.hostname).toBe('foulweather')
    expect(database.password).toBe(services['postgres']!.environment!['POSTGRES_PASSWORD'])
    expect(proxy).toMatchObject({ listen: `0.0.0.0:${database.port}`, upstream: 'postgres:5432' })
  })

  it('waits for services that exist', () => {
    const awaited = Object.values(services).flatMap((service) => Object.keys(service.depends_on ?? {}))
    expect(awaited).toEqual(['postgres', 'foulweather'])
    expect(Object.keys(services)).toEqual(expect.arrayContaining(awaited))
  })

  it('installs the pg that the application is tested with', () => {
    const manifest = JSON.parse(readFileSync(join(EXAMPLE, 'app/package.json'), 'utf8')) as typeof packageJson
    expect(manifest.dependencies).toEqual({ pg: packageJson.devDependencies.pg })
  })

  it.skipIf(curl.missing)(`suggests requests that work${curl.note}`, async () => {
    await using foulweather = await Foulweather.start()
    await foulweather.call('POST', '/populate', [{ ...proxy, listen: '127.0.0.1:0' }])
    const toxics = () => foulweather.call('GET', `/proxies/${proxy!.name}`)
    const here = { [`http://127.0.0.1:${DEFAULT_ADMIN_PORT}`]: foulweather.url }
    const [slow, down, reset, ...others] = [...text.matchAll(/^# {3}(curl .*)$/gm)].map(([, command]) => command!)
    expect(others).toEqual([])

    await documented(slow!, here)
    expect(await toxics()).toMatchObject({ toxics: [{ type: 'latency', attributes: { latency: 300, jitter: 100 } }] })
    await documented(down!, here)
    expect(await toxics()).toMatchObject({ enabled: false })
    await documented(reset!, here)
    expect(await toxics()).toMatchObject({ enabled: true, toxics: [] })
  })

  describe.skipIf(postgresProgram.missing)(`its application${postgresProgram.note}`, () => {
    it('shows the weather and ends on SIGTERM', async () => {
      await using postgres = await startPostgres()
      await using foulweather = await Foulweather.start()
      const handle = await foulweather.proxyTo(postgres)
      const child = spawn(process.execPath, ['query-loop.ts'], {
        cwd: join(EXAMPLE, 'app'),
        env: { ...process.env, DATABASE_URL: `postgres://postgres@127.0.0.1:${handle.port}/postgres` },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      try {
        let output = ''
        child.stdout.setEncoding('utf8').on('data', (piece: string) => {
          output += piece
        })
        await eventually('a query has worked', () => / ms {2}ok\n/.test(output))
        await handle.addToxic({ type: 'latency', attributes: { latency: 1_000 } })
        await eventually('a query was slow', () => / 1\d{3}\.\d ms {2}ok\n/.test(output))
        await handle.disable()
        await eventually('a query has failed', () => / ms {2}failed: .*ECONNREFUSED/.test(output))
        child.kill('SIGTERM')
        expect((await once(child, 'exit'))[0]).toBe(0)
      } finally {
        child.kill('SIGKILL')
      }
    })
  })
})
