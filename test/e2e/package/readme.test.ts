import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BIG_FILE_BYTES } from '../../../demo/origin.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { Foulweather } from '../../support/foulweather.ts'
import { freePort } from '../../support/ports.ts'
import { ServerProgram } from '../../support/servers.ts'
import { documented, ROOT } from './command.ts'

const curl = new ServerProgram('curl', 'curl')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const codeLines = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, code]) => code!.trim().split('\n'))

describe('the README', () => {
  it('links to pages that exist', () => {
    for (const page of ['CHANGELOG.md', 'CONTRIBUTING.md', 'docs/from-toxiproxy.md']) expect(readme).toContain(page)
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target!)
    expect(links.filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
  })

  it('names every fault', () => {
    const named = [...readme.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type)
    expect(new Set(named)).toEqual(new Set(FAULTS.map(({ type }) => type)))
  })

  it.skipIf(curl.missing)(`makes its first fault with curl${curl.note}`, async () => {
    await using foulweather = await Foulweather.start()
    await foulweather.call('POST', '/proxies', { name: 'web', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
    const [add, ...others] = codeLines.filter((line) => line.startsWith('curl ') && line.includes(':8474/'))
    expect(others).toEqual([])
    await documented(add!, { 'http://127.0.0.1:8474': foulweather.url })
    expect(await foulweather.call('GET', '/proxies/web/toxics')).toMatchObject([
      { type: 'bandwidth', attributes: { rate: 20 } },
    ])
    expect(readme).toContain(`${BIG_FILE_BYTES / 20_000} seconds`)
  })

  it('sets up a proxy and a fault with the command line', async () => {
    await using foulweather = await Foulweather.start()
    const commands = codeLines.filter((line) => /^node dist\/main\.js (?!serve)/.test(line))
    expect(commands).toHaveLength(2)
    const port = await freePort()
    for (const command of commands) {
      const node = `'${process.execPath}' src/main.ts --host ${foulweather.url}`
      await documented(command, { 'node dist/main.js': node, '127.0.0.1:15432': `127.0.0.1:${port}` })
    }
    expect(await foulweather.call('GET', '/proxies/pg')).toMatchObject({
      listen: `127.0.0.1:${port}`,
      upstream: '127.0.0.1:5432',
      toxics: [{ type: 'latency', attributes: { latency: 500 } }],
    })
  })
})
