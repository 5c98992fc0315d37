import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FAULTS } from '../../../src/faults/index.ts'
import { runHere } from '../../support/cli-context.ts'

const execute = promisify(execFile)

let directory = ''
let script = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'completion-'))
  script = join(directory, 'completion.bash')
  await writeFile(script, (await runHere(['completion', 'bash'])).stdout)
})
afterAll(() => rm(directory, { recursive: true }))

/** What bash itself offers when TAB is pressed behind these words; the last one is being typed. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  // bash takes words apart at these before it asks, and hands them over as words of their own.
  const taken = words
    .flatMap((word) => word.split(/([=:]+)/))
    .filter((word, index, all) => word !== '' || index === all.length - 1)
  const press = `
    source "$1"; shift
    COMP_WORDS=(foulweather "$@"); COMP_CWORD=$#
    COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
    spec="$(complete -p foulweather)"
    [[ "$spec" =~ -F\\ ([^ ]+) ]] || exit 9
    "\${BASH_REMATCH[1]}" foulweather "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await execute('bash', ['--norc', '-uc', press, 'bash', script, ...taken])
  return stdout.split('\n').filter((line) => line !== '')
}

const TYPES = FAULTS.map(({ type }) => type)

test('commands are completed, and the commands within them', async () => {
  expect(await offered('')).toEqual(expect.arrayContaining(['serve', 'fault', 'decisions', 'completion']))
  expect(await offered('fau')).toEqual(['fault', 'fault-types'])
  expect(await offered('fault', '')).toEqual(['add', 'list', 'show', 'update', 'remove', 'renew', 'types'])
  expect(await offered('toxic', 'up')).toEqual(['update'])
  expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
})

test('a type of fault comes behind the proxy, whatever that is called', async () => {
  expect(await offered('fault', 'add', '')).toEqual([])
  expect(await offered('fault', 'add', 'pg', '')).toEqual(TYPES)
  expect(await offered('fault', 'add', 'latency', 'laten')).toEqual(['latency'])
  expect(await offered('fault-types', 'slow')).toEqual(['slow_close'])
  expect(await offered('fault', 'types', 'slow')).toEqual(['slow_close'])
})

test('flags are those of the type, with the ones that every fault and every command has', async () => {
  const flags = await offered('fault', 'add', 'pg', 'bandwidth', '--')
  expect(flags).toEqual(
    expect.arrayContaining(['--rate', '--direction', '--ttl', '--match', '--help', '--json', '--host']),
  )
  expect(flags).not.toContain('--latency')
  expect(await offered('fault', 'add', 'pg', 'latency', '--lat')).toEqual(['--latency'])
  expect(await offered('fault', 'update', 'pg', 'slow', '--rat')).toContain('--rate')
})

test('words and keys that a flag takes are completed', async () => {
  expect(await offered('fault', 'add', 'pg', 'latency', '--direction', '')).toEqual(['downstream', 'upstream', 'both'])
  expect(await offered('fault', 'add', 'pg', 'latency', '--direction=do')).toEqual(['downstream'])
  expect(await offered('fault', 'add', 'pg', 'latency', '--latency', '5ms', '--existing', 're')).toEqual(['reset'])
  expect(await offered('fault', 'add', 'pg', 'latency', '--schedule', '')).toEqual(['after=', 'for=', 'every='])
  expect(await offered('sessions', '--state', 'e')).toEqual(['ended'])
  expect(await offered('fault', 'add', 'pg', 'latency', '--latency', '')).toEqual([])
})

test('values of flags are no arguments, also where bash takes them apart', async () => {
  expect(await offered('--host', 'http://127.0.0.1:8474', 'fault', 'add', 'pg', 'latenc')).toEqual(['latency'])
  expect(await offered('fault', 'add', 'pg', 'latency', '--match', 'client=::1,session.every=3', '--lat')).toEqual([
    '--latency',
  ])
  expect(await offered('fault', 'add', 'pg', 'latency', '--match', 'client=')).toEqual([])
})

test('TAB completes in an interactive bash', async () => {
  const log = join(directory, 'foulweather')
  await writeFile(log, '#!/bin/sh\necho "ran: $*"\n')
  await chmod(log, 0o755)
  const typed = `PATH=${directory}:$PATH; source ${script}\nfoulweather fault add pg late\t--direc\tdown\t\nexit\n`
  const child = execute('bash', ['--norc', '-i'], { env: { ...process.env, TERM: 'dumb', PS1: '' } })
  child.child.stdin?.end(typed)
  const { stdout } = await child
  expect(stdout).toContain('ran: fault add pg latency --direction downstream\n')
})

test.each(['bash', 'zsh', 'fish'])('the script for %s knows every type and says how to load it', async (shell) => {
  const { code, stdout } = await runHere(['completion', shell])
  expect(code).toBe(0)
  expect(stdout).toContain(`foulweather completion ${shell}`)
  for (const type of TYPES) expect(stdout).toContain(`'fault add ${type}'`)
})

test('a shell that there is no script for is refused', async () => {
  expect(await runHere(['completion', 'csh'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "foulweather: command-argument value 'csh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\n",
  })
})
