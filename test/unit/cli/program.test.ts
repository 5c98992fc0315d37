import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { cliReference } from '../../../src/cli/reference.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { VERSION } from '../../../src/version.ts'
import { runHere } from '../../support/cli-context.ts'

test.each(['-v', '--version'])('%s prints the version', async (flag) => {
  expect(await runHere([flag])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

const COMMANDS = [
  'serve',
  'status',
  'list',
  'inspect',
  'create',
  'toggle',
  'delete',
  'populate',
  'tail',
  'ca',
  'ca init',
  'ca export',
  'ca trust-hint',
  'fault',
  'fault add',
  'fault list',
  'fault show',
  'fault update',
  'fault remove',
  'fault renew',
  'fault types',
  'toxic',
  'toxic add',
  'toxic update',
  'toxic remove',
  'reset',
  'profile',
  'profile list',
  'profile show',
  'profile put',
  'profile delete',
  'profile activate',
  'profile deactivate',
  'profile renew',
  'profile reload',
  'validate',
  'diff',
  'export',
  'halt',
  'resume',
  'sessions',
  'sessions reset',
  'decisions',
  'fault-types',
  'completion',
]

test.each(COMMANDS)('%s has help, with examples', async (command) => {
  for (const flag of ['-h', '--help']) {
    const { code, stdout, stderr } = await runHere([...command.split(' '), flag])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: foulweather ${command.split(' ')[0]}`)
    expect(stdout).toMatch(/\$ foulweather|foulweather fault-types/)
    expect(stdout).toContain('--token')
  }
})

test.each([
  [['lst'], "foulweather: unknown command 'lst' (Did you mean list?)\n"],
  [['list', '--jsn'], "foulweather: unknown option '--jsn' (Did you mean --json?)\n"],
  [['create', 'x', '-l', 'a:1'], "foulweather: required option '-u, --upstream <address>' not specified\n"],
  [['create', '-l', 'a:1', '-u', 'b:1'], "foulweather: missing required argument 'name'\n"],
  [['delete', 'a', 'b'], "foulweather: too many arguments for 'delete'. Expected 1 argument but got 2: a, b.\n"],
  [['toxic', 'update', 'x'], "foulweather: required option '-n, --name <toxic>' not specified\n"],
  [['toxic', 'remove', 'x'], "foulweather: required option '-n, --name <toxic>' not specified\n"],
  [
    ['toxic', 'add', 'x', '-t', 'latency', '-u', '-d'],
    'foulweather: Only one should be specified: upstream or downstream.\n',
  ],
  [
    ['toxic', 'add', 'x', '-t', 'latency', '-a', 'latency'],
    "foulweather: option '-a, --attribute <key=value>' argument 'latency' is invalid. expected KEY=VALUE, for example latency=100.\n",
  ],
  [
    ['toxic', 'add', 'x', '-t', 'latency', '-a', 'latncy=250'],
    'foulweather: latency has no attribute "latncy"; did you mean latency? (it has: latency, jitter)\n',
  ],
  [
    ['serve', '--host', '127.0.0.1:1'],
    'foulweather: serve: --host is for the commands that call the admin API; to say where it listens, use --admin HOST:PORT\n',
  ],
  [
    ['--json', 'serve'],
    'foulweather: serve: --json is for the commands that call the admin API, and the log is JSON unless stdout is a terminal; ' +
      'to say where the admin API listens, use --admin HOST:PORT\n',
  ],
  [
    ['list', '--host', 'ftp://x'],
    'foulweather: --host "ftp://x" is not an address of an admin API; expected http://HOST:PORT\n',
  ],
])('a wrong command line is one line on stderr and exit code 2: %j', async (argv, stderr) => {
  expect(await runHere(argv)).toEqual({ code: 2, stdout: '', stderr })
})

test('a value that is not acceptable is named, with what would be right', async () => {
  const { code, stderr } = await runHere(['serve', '--drain', 'soon'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^foulweather: option '--drain <seconds>' argument 'soon' is invalid\. expected .*\n$/)
})

test.each([[[]], [['toxic']], [['fault']]])('without a command there is help on stderr: %j', async (argv) => {
  const { code, stdout, stderr } = await runHere(argv)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Commands:')
})

test('the catalogue of fault types needs no server', async () => {
  const { stdout } = await runHere(['fault-types'])
  expect(
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t')[0]),
  ).toEqual(FAULTS.map(({ type }) => type))
  const { stdout: json } = await runHere(['fault-types', '--json'])
  expect((JSON.parse(json) as { type: string }[]).map(({ type }) => type)).toEqual(FAULTS.map(({ type }) => type))
})

test.each(FAULTS.map(({ type }) => type))(
  'the type %s is described with every parameter and attribute',
  async (type) => {
    const definition = FAULTS.find((fault) => fault.type === type)
    const { code, stdout } = await runHere(['fault-types', type])
    expect(code).toBe(0)
    expect(stdout).toContain(definition?.summary)
    for (const name of Object.keys(definition?.params.shape ?? {})) expect(stdout).toContain(`  ${name}: `)
    for (const { name, unit } of definition?.toxic ?? []) {
      const value = unit === '0…1' ? 'a share, 0 to 1 or 30%' : `a whole number of ${unit}, or a value with a unit`
      expect(stdout).toContain(`  ${name}: ${value}\n`)
    }
    const { stdout: json } = await runHere(['fault-types', type, '--json'])
    expect(JSON.parse(json)).toMatchObject({ type, summary: definition?.summary })
  },
)

test('an unknown fault type is answered with the nearest one', async () => {
  expect(await runHere(['fault-types', 'latncy'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'foulweather: there is no fault type "latncy" (did you mean latency?)\n',
  })
})

test('the docs page has the help of every command and is up to date', async () => {
  const page = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  expect(page).toBe(cliReference())
  for (const command of COMMANDS) expect(page).toContain(`## foulweather ${command}\n`)
})
