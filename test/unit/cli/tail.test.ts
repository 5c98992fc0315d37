import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TailLines } from '../../../src/cli/tail-lines.ts'
import { readSince } from '../../../src/cli/tail-options.ts'
import { runHere } from '../../support/cli-context.ts'
import { ExchangeRig, NOON } from '../../support/exchange-rig.ts'

let rig: ExchangeRig
beforeAll(async () => {
  rig = await ExchangeRig.start()
  rig.record(
    'api',
    { target: '/a?token=abc', wall: NOON - 3000 },
    {
      target: '/b',
      status: 503,
      upstreamStatus: 0,
      upstreamMs: undefined,
      origin: 'injected',
      faults: ['slow', 'err'],
      wall: NOON - 2000,
    },
    { target: '/c\u001B[31m', method: 'POST', status: 0, outcome: 'reset', origin: 'client', wall: NOON - 1000 },
  )
  await rig.control.createProxy({ name: 'raw', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
})
afterAll(() => rig[Symbol.asyncDispose]())

function tail(...argv: readonly string[]) {
  return runHere(['tail', '--no-follow', ...argv], { env: { FOULWEATHER_URL: rig.url } })
}

test('one tab-separated line for each exchange', async () => {
  expect(await tail()).toEqual({
    code: 0,
    stderr: '',
    stdout: [
      '2026-01-31T11:59:57.000Z\tapi\tGET\t/a?token=…\t200\t12.5\t10\tupstream\tanswered\t-',
      '2026-01-31T11:59:58.000Z\tapi\tGET\t/b\t503\t12.5\t-\tinjected\tanswered\tslow,err',
      '2026-01-31T11:59:59.000Z\tapi\tPOST\t/c\\x1b[31m\t-\t12.5\t10\tclient\treset\t-',
      '',
    ].join('\n'),
  })
})

async function paths(...argv: readonly string[]): Promise<readonly (string | undefined)[]> {
  const lines = (await tail(...argv)).stdout.split('\n').slice(0, -1)
  return lines.map((line) => line.split('\t')[3])
}

test('filters, and how many', async () => {
  expect(await paths('-n', '1', '--status', '200,5xx')).toEqual(['/b'])
  expect(await paths('--lines', '0')).toEqual([])
  expect(await paths('api', '--origin', 'upstream')).toEqual(['/a?token=…'])
  expect(await paths('--fault', 'err')).toEqual(['/b'])
  expect(await paths('--status', 'none')).toEqual(['/c\\x1b[31m'])
  expect(await paths('-n', '1', '--since', '2026-01-31T11:59:58Z')).toEqual(['/b', '/c\\x1b[31m'])
  expect(await paths('--since', '5m')).toEqual([])
})

test('--json is one object for each line', async () => {
  const { stdout } = await tail('--json', '-n', '2')
  const lines = stdout.split('\n').slice(0, -1)
  const { exchanges } = JSON.parse((await rig.ask('GET', '/v1/exchanges?limit=2')).body) as { exchanges: unknown[] }
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(exchanges)
})

test('a proxy without exchanges is told of', async () => {
  expect(await tail('rwa')).toEqual({ code: 0, stdout: '', stderr: 'there is no proxy called "rwa" now\n' })
  expect((await tail('raw')).stderr).toBe('the protocol of proxy "raw" is tcp: only http has exchanges\n')
  expect((await tail('api', '--status', '404')).stderr).toBe('there is no proxy called "api" now\n')
})

test('a server that keeps none is no server to follow', async () => {
  await using none = await ExchangeRig.start({ kept: 0 })
  const { code, stderr } = await runHere(['tail'], { env: { FOULWEATHER_URL: none.url } })
  expect([code, stderr]).toEqual([1, 'foulweather: the server keeps no exchanges: it was started with --exchanges 0\n'])
})

test.each([
  [['--status', 'bad'], "option '--status <statuses>' argument 'bad' is invalid. expected statuses with commas"],
  [['--origin', 'me'], "option '--origin <origin>' argument 'me' is invalid. Allowed choices are injected, client"],
  [['-n', '10000'], "option '-n, --lines <number>' argument '10000' is invalid. expected a whole number of 0 to 9999."],
  [['--since', 'soon'], "option '--since <when>' argument 'soon' is invalid. expected how long ago, such as 30s"],
  [['a', 'b'], "too many arguments for 'tail'"],
])('%j is a wrong command line', async (argv, text) => {
  const { code, stdout, stderr } = await tail(...argv)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(text)
})

test.each([
  ['serve', '--exchanges', '10001', 'expected a whole number of 0 to 10000.'],
  ['serve', '--exchanges', '-1', 'expected a whole number of 0 or more.'],
])('%s %s %s is refused', async (command, option, value, text) => {
  const { code, stderr } = await runHere([command, `${option}=${value}`])
  expect(code).toBe(2)
  expect(stderr).toContain(text)
})

test.each([
  ['30s', NOON - 30_000],
  ['5m', NOON - 300_000],
  ['250', NOON - 250],
  ['999999999h', NOON - 1e12],
  ['2026-01-31T11:00:00Z', NOON - 3_600_000],
  ['2026-01-31', NOON - 12 * 3_600_000],
])('since %s', (text, time) => {
  expect(readSince(text, NOON)).toBe(time)
})

test.each(['', '2026-13-01', 'x', '-5m'])('since %j is no time', (text) => {
  expect(() => readSince(text, NOON)).toThrow('expected how long ago')
})

test('a terminal gets a header once, and columns that stay in line', () => {
  let text = ''
  const context = { out: (more: string) => void (text += more), err: () => {}, terminal: true, env: {} }
  const lines = new TailLines(context)
  const exchange = { ...JSON.parse(JSON.stringify(rig.log.list()[1])) }
  lines.print([])
  expect(text).toBe('')
  lines.print([exchange])
  lines.print([
    { ...exchange, proxy: 'a-proxy-with-a-name-longer-than-that', ms: { total: 1234.5678, upstream: 0.04 } },
  ])
  expect(text).not.toBe(stripVTControlCharacters(text))
  const at = new Date(NOON - 2000).toTimeString().slice(0, 8)
  const shown = stripVTControlCharacters(text).split('\n')
  expect(shown).toEqual([
    'Time          Proxy     Method  Path                      Status   Total ms  Upstream ms  Origin    Outcome   Faults',
    `${at}.000  api       GET     /b                           503       12.5            -  injected  answered  slow,err`,
    `${at}.000  a-proxy-with-a-name-lon…  GET     /b                           503     1234.6          0.0  injected  answered  slow,err`,
    '',
  ])
})

test('colours are left out where nobody wants them', () => {
  let text = ''
  const context = { out: (more: string) => void (text += more), err: () => {}, terminal: true, env: { NO_COLOR: '1' } }
  new TailLines(context).print(JSON.parse(JSON.stringify(rig.log.list())))
  expect(text).toContain('/c\\x1b[31m')
  expect(text).toBe(stripVTControlCharacters(text))
})

test('help says what a line has', async () => {
  const { code, stdout } = await runHere(['tail', '--help'])
  expect(code).toBe(0)
  for (const words of ['Usage: foulweather tail', '--no-follow', '--show-queries', '$ foulweather tail']) {
    expect(stdout).toContain(words)
  }
})
