import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GENERATED, GENERATED_FOLDERS, stale } from '../../../scripts/generate.ts'
import { attributesOf, readAttribute } from '../../../src/cli/toxic-attributes.ts'
import { commonFields } from '../../../src/faults/common-fields.ts'
import { excludeField } from '../../../src/faults/match-fields.ts'
import { FAULTS } from '../../../src/faults/index.ts'

let root = ''
beforeEach(async () => {
  root = `${await mkdtemp(join(tmpdir(), 'generate-'))}/`
})
afterEach(() => rm(root, { recursive: true }))

test('what is missing or different is stale, what is the same is not', async () => {
  await writeFile(`${root}same.md`, 'same\n')
  await writeFile(`${root}other.md`, 'old\n')
  const files = [
    { path: 'same.md', make: () => 'same\n' },
    { path: 'other.md', make: () => Promise.resolve('new\n') },
    { path: 'missing.md', make: () => 'there\n' },
  ]
  expect(await stale(files, root)).toEqual([
    { path: 'other.md', wanted: 'new\n' },
    { path: 'missing.md', wanted: 'there\n' },
  ])
})

test('what is left over in a folder of generated files should not be there', async () => {
  await mkdir(`${root}pages`)
  for (const name of ['kept.md', 'gone.md', 'gone.svg']) await writeFile(`${root}pages/${name}`, 'text\n')
  const files = [{ path: 'pages/kept.md', make: () => 'text\n' }]
  expect(await stale(files, root, ['pages', 'missing'])).toEqual([
    { path: 'pages/gone.md', wanted: undefined },
    { path: 'pages/gone.svg', wanted: undefined },
  ])
})

test('the committed files are fresh', async () => {
  expect((await stale(GENERATED, undefined, GENERATED_FOLDERS)).map(({ path }) => path)).toEqual([])
})

async function made(path: string): Promise<string> {
  const file = GENERATED.find((each) => each.path === path)
  if (file === undefined) throw new Error(`${path} is not generated`)
  return file.make()
}

function everything(): Promise<readonly string[]> {
  return Promise.all(GENERATED.map(({ path }) => made(path)))
}

test('generating again gives the same, to the byte', async () => {
  const [first, second] = [await everything(), await everything()]
  expect(first).toEqual(second)
})

test('the index links every fault, and explains every field that all have', async () => {
  const index = await made('docs/faults.md')
  for (const { type, effect, summary } of FAULTS) {
    expect(index).toContain(`| [\`${type}\`](faults/${type}.md) | ${effect} | ${summary} |`)
  }
  for (const [name, schema] of Object.entries(commonFields.shape)) {
    expect(index).toMatch(new RegExp(`^\\| \`${name}\` \\| `, 'm'))
    expect(index).toContain(schema.description)
  }
})

test.each(FAULTS.map((definition) => [definition.type, definition] as const))(
  'the page of %s has its parameters, its attributes and its details',
  async (type, { params, toxic, details, emulation }) => {
    const page = await made(`docs/faults/${type}.md`)
    expect(page).toContain(details)
    for (const [name, schema] of Object.entries(params.shape)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` | `))
      expect(row).toContain(schema.description?.replaceAll('|', '\\|'))
      // What it accepts is never left open.
      expect(row).not.toMatch(/^\| `\w+` \|\s*\|/)
    }
    for (const { name, unit } of toxic ?? [])
      expect(page).toContain(`| \`${name}\` | ${unit} | ${params.shape[name].description}`)
    expect(page).toContain(emulation?.valid ?? details)
  },
)

const EXAMPLE_PROXIES = { transport: 'pg', connection: 'pg', http: 'cdn', tls: 'shop' } as const

function transcriptsOf(page: string): readonly string[] {
  return [.../```text\n(.*?)```/gs[Symbol.matchAll](page)].map(([, text = '']) => text)
}

test.each(FAULTS.map((definition) => [definition.type, definition] as const))(
  'the page of %s has its example in both ways, and shows it at work',
  async (type, { example, layer }) => {
    const page = await made(`docs/faults/${type}.md`)
    const body = / -d '(.*)'$/m.exec(page)?.[1] ?? ''
    expect(JSON.parse(body.replaceAll(String.raw`'\''`, "'"))).toEqual({ type, ...example })
    expect(page).toContain(`foulweather fault add ${EXAMPLE_PROXIES[layer]} ${type}`)
    expect(page).toContain(`/v1/proxies/${EXAMPLE_PROXIES[layer]}/faults`)
    const transcripts = transcriptsOf(page)
    expect(transcripts.length).toBeGreaterThan(0)
    const start = { http: /^( *0 ms {2})?client sends {2}/, tls: /^( *0 ms {2})?a client .*begins a handshake$/m }
    for (const text of transcripts) {
      expect(text).toMatch(layer === 'http' || layer === 'tls' ? start[layer] : /^ *0 ms {2}\S/)
    }
  },
)

test('only what can be chosen is said of a direction', async () => {
  expect(await made('docs/faults/http_error.md')).not.toContain('Direction')
  expect(await made('docs/faults/tls_cut.md')).not.toContain('Direction')
  expect(await made('docs/faults/http_truncate.md')).toContain('Direction: `downstream`.')
  expect(await made('docs/faults/http_stall.md')).toContain(
    'Directions: `downstream` (the default), `upstream`, `both`.',
  )
})

test('the parts of `exclude` are said once, as those of `match` that it has', async () => {
  const index = await made('docs/faults.md')
  expect(index).not.toContain('`exclude.')
  const parts = Object.keys(excludeField.shape)
  const row = index.split('\n').find((line) => line.startsWith('| `exclude` |'))
  for (const part of parts) {
    expect(row).toContain(`\`${part}\``)
    expect(index).toContain(`| \`match.${part}\` |`)
  }
  expect(row).not.toContain('`sni`')
  expect(index).toContain('| `outcomes[].weight` |')
})

test('every plot is a picture that its page shows', async () => {
  const plots = GENERATED.filter(({ path }) => path.endsWith('.svg'))
  expect(plots.length).toBeGreaterThan(5)
  for (const { path, make } of plots) {
    expect(await make()).toMatch(/^<svg [^]*<\/svg>\n$/)
    expect(await made(path.replace(/svg$/, 'md'))).toContain(`](${path.split('/').at(-1)})`)
  }
})

test('transcripts show what the faults do, not what was hoped for', async () => {
  expect(await made('docs/faults/limit_data.md')).toMatch(/^\d+ bytes in, 4096 bytes out$/m)
  expect(await made('docs/faults/slow_close.md')).toMatch(/^ *12000 ms {2}in {3}end\n *17000 ms +out {2}end$/m)
  expect(await made('docs/faults/blackhole.md')).toMatch(/^\d+ bytes in, 0 bytes out$/m)
  expect(await made('docs/faults/refuse.md')).toContain('client 1: connection refused')
  expect(await made('docs/faults/max_sessions.md')).toMatch(
    /client 11 is connected and waits in the queue[^]*client 11 is let in/,
  )
})

async function transcriptOf(type: string): Promise<string> {
  return transcriptsOf(await made(`docs/faults/${type}.md`)).join('')
}

test('transcripts of exchanges show what both sides of the proxy see', async () => {
  // The upstream has done its work, and the client is told that it has not.
  expect(await transcriptOf('http_error')).toMatch(
    /upstream sends {2}HTTP\/1\.1 201 Created\n[^]*client gets {5}HTTP\/1\.1 50[03] /,
  )
  const latency = [...(await transcriptOf('http_latency')).matchAll(/^ *(\d+) ms {2}client gets {5}unchanged$/gm)]
  expect(latency).toHaveLength(3)
  expect(latency.map(([, at]) => Number(at)).every((at) => at > 0)).toBe(true)
  expect(await transcriptOf('http_stall')).toMatch(
    / 0 ms {2}client gets {5}4096 bytes[^]*20000 ms {2}client gets {5}the last 5904/,
  )
  expect(await transcriptOf('http_truncate')).toMatch(
    /4096 bytes of the body\nclient gets {5}the end of the connection, 5904 bytes/,
  )
  expect(await transcriptOf('http_reset')).toMatch(/201 Created[^]*client gets {5}a reset \(RST\), and no answer/)
  expect(await transcriptOf('http_headers')).toMatch(
    /upstream gets {3}GET \/account HTTP\/1\.1\n +Host: old\.example\.com\n(?! )/,
  )
  expect(await transcriptOf('http_rate_limit')).toMatch(/\(4 times\)[^]*upstream gets {3}nothing\n[^]*429 Too Many/)
  expect(await transcriptOf('cdn_stale')).toMatch(/client gets[^]*Date: <2 h ago>\n[^]*Age: 7200\n/)
})

test('nothing in a transcript of exchanges depends on when or where it was made', async () => {
  for (const { type, layer } of FAULTS) {
    if (layer !== 'http') continue
    const text = await transcriptOf(type)
    expect(text).not.toMatch(/\d\d:\d\d:\d\d GMT/)
    expect(text).not.toContain('127.0.0.1')
  }
})

test('transcripts of handshakes show what clients see', async () => {
  expect(await transcriptOf('tls_stall')).toContain('10000 ms  it gives up')
  expect(await transcriptOf('tls_cut')).toContain('it fails: ECONNRESET')
  expect(await transcriptOf('tls_certificate')).toMatch(
    /that verifies the certificate begins a handshake\nit fails: CERT_HAS_EXPIRED\n[^]*does not verify[^]*it is connected/,
  )
  expect(await transcriptOf('tls_alpn')).toMatch(
    /it is connected: TLSv1\.3, http\/1\.1\n[^]*it fails: [A-Z0-9_/]*NO_APPLICATION_PROTOCOL/,
  )
})

test('what the faults page writes after the name of an attribute can be written there', async () => {
  const toxics = (await made('docs/faults.md')).split('## Fields')[0] ?? ''
  const examples = [...toxics.matchAll(/`((\w+)=[\w./]+)`/g)].map(([, text = '', name = '']) => ({ text, name }))
  expect(examples.length).toBeGreaterThan(3)
  for (const { text, name } of examples) {
    const type = FAULTS.find(({ toxic }) => toxic?.some((attribute) => attribute.name === name))?.type ?? ''
    expect(attributesOf(type, readAttribute(text, undefined))).toEqual({ [name]: expect.any(Number) })
  }
})
