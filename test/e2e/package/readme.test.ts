import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../../src/faults/index.ts'
import { Peer } from '../../support/cli-peers.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { freePort } from '../../support/ports.ts'
import { ServerProgram } from '../../support/servers.ts'
import { BuiltRepository } from './built-repository.ts'
import { documented, ROOT } from './command.ts'

const curl = new ServerProgram('curl', 'curl')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const codeLines = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, code]) => code!.trim().split('\n'))

const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code!)

/** The commands for weather that is in files. */
const fileLines = (blocks('sh').find((code) => code.includes('serve --profiles')) ?? '').trim().split('\n')

/** What the examples of tests leave out: a service that cannot do without Redis (`needy`), or can, and keeps a connection open, as a pool does. */
const shop = (needy: boolean) => `
  import assert from 'node:assert/strict'
  import { connect } from 'node:net'
  import { once } from 'node:events'
  let to, broken = false
  function connectTo(port) {
    to = port
    return connect(port, '127.0.0.1').on('error', () => { broken = true }).unref()
  }
  async function loadCart() {
    while (!broken) await new Promise((resolve) => setTimeout(resolve, 5))
    const failure = await once(connect(to, '127.0.0.1'), 'connect').then(() => undefined, (error) => error)
    if (failure?.code !== 'ECONNREFUSED') throw new Error('Redis is there')
    return ${needy ? 'undefined' : '{}'}
  }
`

/** Answers how it ended: empty = well. */
async function runExample(code: string, needy: boolean): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foulweather-readme-'))
  const file = join(folder, 'redis-down.mjs')
  await writeFile(file, `${shop(needy)}${code}`)
  const argv = ['--import', join(ROOT, 'test/support/from-source.ts'), file]
  const ended = await promisify(execFile)(process.execPath, argv, { timeout: 20_000 }).then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr,
  )
  await rm(folder, { recursive: true })
  return ended
}

describe('the README', () => {
  it('links to pages that exist', () => {
    for (const page of ['CHANGELOG.md', 'CONTRIBUTING.md', 'docs/from-toxiproxy.md', 'docs/http.md', 'docs/tls.md'])
      expect(readme).toContain(page)
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target!)
    expect(links.filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
  })

  it('names every fault', () => {
    const named = [...readme.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type)
    expect(new Set(named)).toEqual(new Set(FAULTS.map(({ type }) => type)))
  })

  it.skipIf(curl.missing)(`makes its first fault with curl${curl.note}`, async () => {
    await using foulweather = await Foulweather.start()
    const web = { name: 'web', listen: '127.0.0.1:0', upstream: 'http://127.0.0.1:1' }
    await foulweather.call('POST', '/v1/proxies', web)
    const [add, ...others] = codeLines.filter((line) => line.startsWith('curl ') && line.includes('/proxies/web/'))
    expect(others).toEqual([])
    await documented(add!, { 'http://127.0.0.1:8474': foulweather.url })
    expect(await foulweather.call('GET', '/v1/proxies/web/faults')).toMatchObject({
      faults: [{ type: 'http_error', status: 503, probability: 0.3 }],
    })
  })

  it(
    'starts a server and sets up a proxy and a fault with the commands of the built repository',
    { timeout: 60_000 },
    async () => {
      await using built = await BuiltRepository.make()
      const commands = codeLines.filter((line) => line.startsWith('npx foulweather ') && !fileLines.includes(line))
      const [serve, ...others] = commands
      expect(serve).toBe('npx foulweather serve')
      expect(others.map((command) => command.split(' ')[2])).toEqual([
        'create',
        'fault',
        'create',
        'fault',
        'tail',
        'fault',
      ])

      await using server = await built.start(`${serve} --admin 127.0.0.1:0`)
      const [port, apiPort] = [await freePort(), await freePort()]
      for (const command of others) {
        const here = {
          'npx foulweather': `npx foulweather --host ${server.admin}`,
          '127.0.0.1:15432': `127.0.0.1:${port}`,
          '127.0.0.1:15480': `127.0.0.1:${apiPort}`,
          // It would go on until somebody interrupts it.
          'tail api': 'tail api --no-follow',
        }
        await documented(command, here, built.place)
      }
      expect(await (await fetch(`http://${server.admin}/v1/proxies/api`)).json()).toMatchObject({
        protocol: 'http',
        faults: [{ type: 'http_error', status: 503, probability: 0.3, match: { path: ['/orders/*'] } }],
      })
      expect(await (await fetch(`http://${server.admin}/proxies/pg`)).json()).toMatchObject({
        listen: `127.0.0.1:${port}`,
        upstream: '127.0.0.1:5432',
        // Toxiproxy's API cannot say the other one.
        toxics: [{ type: 'latency', attributes: { latency: 500, jitter: 100 } }],
      })
    },
  )

  it('puts weather in force that is in a file, and halts it', { timeout: 60_000 }, async () => {
    await using built = await BuiltRepository.make()
    const [file] = blocks('yaml')
    const path = /^# (\S+)$/m.exec(file!)![1]!
    await mkdir(join(built.place.cwd, dirname(path)))
    await writeFile(join(built.place.cwd, path), file!.replace('127.0.0.1:15432', `127.0.0.1:${await freePort()}`))
    const [serve, activate, halt, ...others] = fileLines
    expect(others).toEqual([])
    await using server = await built.start(`${serve} --admin 127.0.0.1:0`)
    const here = { 'npx foulweather': `npx foulweather --host ${server.admin}` }
    // Nobody renews anything here: what it says has to be there until its time is over.
    expect(await documented(activate!, here, built.place)).toMatch(/: 1 proxy, 1 fault; ends in \w+\n$/)
    expect(await (await fetch(`http://${server.admin}/v1/proxies/pg/faults/slow`)).json()).toMatchObject({
      owner: 'profile:slow-pg',
      probability: 0.5,
    })
    expect(await documented(halt!, here, built.place)).toContain('1 fault removed\n')
  })

  describe('its tests for a Redis that is down', () => {
    const both = blocks('js')

    const cases = [
      { needy: true, outcome: /^[^]*AssertionError/ },
      { needy: false, outcome: /^$/ },
    ]

    it.each(cases)('in the process: says $outcome where needing Redis is $needy', async ({ needy, outcome }) => {
      await using redis = await Peer.echo()
      const code = both.find((block) => block.includes('createFoulweather'))!
      expect(code).toContain("'127.0.0.1:6379'")
      expect(await runExample(code.replace('127.0.0.1:6379', redis.address), needy)).toMatch(outcome)
    })

    it.each(cases)('with a server: says $outcome where needing Redis is $needy', async ({ needy, outcome }) => {
      await using redis = await Peer.echo()
      await using foulweather = await Foulweather.start()
      const proxy = { name: 'redis', listen: '127.0.0.1:0', upstream: redis.address }
      const { listen } = (await foulweather.call('POST', '/proxies', proxy)) as { listen: string }
      const code = both.find((block) => block.includes('FoulweatherClient'))!
      const here = code.replace('FoulweatherClient()', `FoulweatherClient({ url: '${foulweather.url}' })`)
      expect(here).not.toBe(code)
      const connected = `await once(connectTo(${listen.split(':')[1]}), 'connect')\n`
      expect(await runExample(`${connected}${here}`, needy)).toMatch(outcome)
      // It leaves fair weather behind.
      expect(await foulweather.call('GET', '/v1/proxies/redis/faults')).toMatchObject({ faults: [] })
    })
  })

  it('publishes the ports of a container to this machine only', () => {
    const run = codeLines.find((line) => line.startsWith('docker run ')) ?? ''
    expect([...run.matchAll(/-p (\S+)/g)].map(([, port]) => port)).toEqual([
      '127.0.0.1:8474:8474',
      '127.0.0.1:15432:15432',
    ])
    expect(run).toContain('--add-host host.docker.internal:host-gateway')
  })

  it.skipIf(curl.missing)(`sets up a proxy in a container with curl${curl.note}`, async () => {
    await using foulweather = await Foulweather.start()
    const [create, ...others] = codeLines.filter((line) => line.includes('host.docker.internal:5432'))
    expect(others).toEqual([])
    expect(create).toContain('"0.0.0.0:15432"')
    const port = await freePort()
    await documented(create!, { 'http://127.0.0.1:8474': foulweather.url, '0.0.0.0:15432': `127.0.0.1:${port}` })
    expect(await foulweather.call('GET', '/proxies/pg')).toMatchObject({
      listen: `127.0.0.1:${port}`,
      upstream: 'host.docker.internal:5432',
      enabled: true,
    })
  })
})
