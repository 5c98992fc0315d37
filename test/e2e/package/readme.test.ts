import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** A service that cannot do without Redis (`needy`), or can. It keeps a connection open, as a pool does. */
const shop = (listen: string, needy: boolean) => `
  import { connect } from 'node:net'
  import { once } from 'node:events'
  const port = ${listen.split(':')[1]}
  const pooled = connect(port, '127.0.0.1')
  let broken = false
  pooled.on('error', () => { broken = true })
  await once(pooled, 'connect')
  pooled.unref()
  export async function loadCart() {
    while (!broken) await new Promise((resolve) => setTimeout(resolve, 5))
    const failure = await once(connect(port, '127.0.0.1'), 'connect').then(() => undefined, (error) => error)
    if (failure?.code !== 'ECONNREFUSED') throw new Error('Redis is there')
    return ${needy ? 'undefined' : '{}'}
  }`

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
      const commands = codeLines.filter((line) => line.startsWith('npx foulweather '))
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

  describe('its test for a Redis that is down', () => {
    const test = /^```js\n([^]*?)^```/m.exec(readme)?.[1] ?? ''

    it.each([
      { needy: true, outcome: '# fail 1' },
      { needy: false, outcome: '# pass 1' },
    ])('says $outcome where needing Redis is $needy', async ({ needy, outcome }) => {
      await using redis = await Peer.echo()
      await using foulweather = await Foulweather.start()
      const proxy = { name: 'redis', listen: '127.0.0.1:0', upstream: redis.address }
      const { listen } = (await foulweather.call('POST', '/proxies', proxy)) as { listen: string }
      const folder = await mkdtemp(join(tmpdir(), 'foulweather-readme-'))
      const file = join(folder, 'redis-down.test.js')
      await writeFile(join(folder, 'package.json'), '{"type":"module"}')
      await writeFile(join(folder, 'shop.js'), shop(listen, needy))
      await writeFile(file, test.replace('http://127.0.0.1:8474', foulweather.url))
      const run = promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], { timeout: 20_000 })
      const { stdout } = await run.catch((failed: { stdout: string }) => failed)
      await rm(folder, { recursive: true })
      expect(stdout).toContain(outcome)
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
