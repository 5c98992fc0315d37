import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Ran, runHere } from '../../support/cli-context.ts'
import { Foulweather } from '../../support/foulweather.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'validate-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const GOOD = `proxies:
  pg: { listen: "127.0.0.1:0", upstream: "127.0.0.1:9" }
faults:
  - { on: pg, type: latency, latency: 250ms }
`

async function save(file: string, what: string): Promise<string> {
  const path = join(directory, file)
  await writeFile(path, what)
  return path
}

function validate(...argv: readonly string[]): Promise<Ran> {
  // No server is there, and none is to be asked.
  return runHere(['validate', ...argv], { env: { FOULWEATHER_URL: 'http://127.0.0.1:1', DELAY: '2s' } })
}

test('what is good is told to be', async () => {
  const file = await save('good.yaml', GOOD)
  expect(await validate(file)).toEqual({ code: 0, stdout: `${file}: valid\n`, stderr: '' })
})

test('every mistake is a line as compilers write it, in the order of the text', async () => {
  const text = `proxies:
  pg: { listen: "127.0.0.1:0", upstrem: "127.0.0.1:9" }
faults:
  - { on: pg, type: latncy }
  - { on: pg, type: latency, latency: soon }
`
  const file = await save('bad.yaml', text)
  const { code, stdout, stderr } = await validate(file)
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'foulweather: 1 of 1 profile has mistakes\n' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => line.replace(file, 'F').replace(/^(F:\d+):\d+: (\S+): .*$/, '$1 $2'))).toEqual([
    'F:2 proxies.pg.upstrem',
    'F:4 faults[0]',
    'F:5 faults[1].latency',
  ])
  expect(lines[1]).toContain('latency')
})

test('what is no YAML has its place', async () => {
  const file = await save('broken.yaml', 'a: 1\nb: [\n')
  const { code, stdout } = await validate(file)
  expect(code).toBe(1)
  expect(stdout).toMatch(new RegExp(`^${file}:\\d+:\\d+: .+\n$`))
})

test('of a directory all are checked, and each may extend the others', async () => {
  await save('base.yaml', GOOD)
  await save('more.yml', 'extends: [base]\nfaults: [{ on: pg, type: noop }]\n')
  await save('lost.json', '{"extends": ["bse"]}')
  await save('notes.txt', 'no profile')
  const { code, stdout, stderr } = await validate(directory)
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'foulweather: 1 of 3 profiles have mistakes\n' })
  expect(stdout.trimEnd().split('\n')).toEqual([
    `${directory}/base.yaml: valid`,
    expect.stringMatching(new RegExp(`^${directory}/lost\\.json:1:\\d+: .*bse.*base`)) as string,
    `${directory}/more.yml: valid`,
  ])
  // One of them alone finds the others as well.
  expect(await validate(join(directory, 'more.yml'))).toMatchObject({ code: 0 })
})

test('a proxy that only the server may know is no mistake', async () => {
  const file = await save('on.yaml', 'faults: [{ on: elsewhere, type: noop }]\n')
  const { code, stdout, stderr } = await validate(file)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`^${file}: warning: .*elsewhere.*\n${file}: valid\n$`))
})

test('variables and the environment are put in their places', async () => {
  const file = await save(
    'vars.yaml',
    GOOD.replace('250ms', '"${delay}"').concat('vars: { delay: { description: d } }\n'),
  )
  expect(await validate(file)).toMatchObject({ code: 1, stdout: expect.stringContaining('delay') })
  expect(await validate(file, '--var', 'delay=1s')).toMatchObject({ code: 0 })
  expect(await validate(file, '--var', 'delay=soon')).toMatchObject({ code: 1 })
  expect(await validate(file, '--var', 'delay=1s', '--var', 'dely=1s')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/dely.*delay/),
  })
  expect(await validate(await save('env.yaml', GOOD.replace('250ms', '"${env:DELAY}"')))).toMatchObject({ code: 0 })
  expect(await validate(await save('unset.yaml', GOOD.replace('250ms', '"${env:NOTHING}"')))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('NOTHING'),
  })
})

test('of several profiles, each has the variables that it knows', async () => {
  await save('one.yaml', `vars: { delay: 1s }\n${GOOD}`)
  await save('two.yaml', GOOD)
  expect(await validate(directory, '--var', 'delay=2s')).toMatchObject({ code: 0 })
})

test('--json is one document', async () => {
  const good = await save('a.yaml', GOOD)
  const bad = await save('b.yaml', 'fautls: []\n')
  const { code, stdout } = await validate(good, bad, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject([
    { file: good, valid: true, problems: [], warnings: [] },
    { file: bad, valid: false, problems: [{ file: bad, line: 1, column: 1, field: 'fautls' }] },
  ])
})

test('what cannot be read is told of', async () => {
  expect(await validate('/no/such/file.yaml')).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') })
  await mkdir(join(directory, 'empty'))
  expect(await validate(join(directory, 'empty'))).toEqual({
    code: 1,
    stdout: '',
    stderr: `foulweather: there are no profiles in ${directory}/empty: no *.yaml, *.yml or *.json\n`,
  })
})

test('a server that is named knows its proxies', async () => {
  await using server = await Foulweather.start()
  const file = await save('on.yaml', 'faults: [{ on: elsewhere, type: noop }]\n')
  const refused = await validate(file, '--host', server.url)
  expect(refused).toMatchObject({ code: 1, stderr: 'foulweather: 1 of 1 profile has mistakes\n' })
  expect(refused.stdout).toMatch(new RegExp(`^${file}:1:\\d+: faults\\[0\\]\\.on: .*elsewhere`))
  await server.call('POST', '/v1/proxies', { name: 'elsewhere', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
  expect(await validate(file, '--host', server.url)).toEqual({ code: 0, stdout: `${file}: valid\n`, stderr: '' })
})
