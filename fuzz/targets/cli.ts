import { type Command, CommanderError } from 'commander'
import type { CliContext } from '../../src/cli/context.ts'
import { createProgram, runCli } from '../../src/cli/program.ts'
import { FAULTS } from '../../src/faults/index.ts'
import { brief, hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import { closeSandbox } from '../sandbox.ts'
import type { FuzzTarget } from '../target.ts'

/** Commands that read and write files, start servers, or follow something without an end: of these the command line is read, and not followed. */
const READ_ONLY = new Set([
  'serve',
  'populate',
  'profile',
  'validate',
  'diff',
  'export',
  'tail',
  'events',
  'audit',
  'ca',
  'schema',
])

function flagOf(field: string): string {
  return `--${field.replaceAll('_', '-')}\n`
}

/** Command lines of `foulweather`: one argument in a line. */
export const cli: FuzzTarget = {
  name: 'cli',
  about: 'command lines; without a network, and without commands that touch files',
  code: ['src/cli/', 'src/faults/params.ts', 'src/faults/field-kinds.ts'],
  longest: 1500,
  batch: 24,
  tokens: dictionary('cli').concat(
    FAULTS.flatMap(({ type, params }) =>
      [
        `${type}
`,
      ].concat(Object.keys(params.shape).map(flagOf)),
    ),
  ),
  open() {
    const sandbox = closeSandbox()
    return {
      run: check,
      close: async () => {
        sandbox[Symbol.dispose]()
      },
    }
  },
}

async function check(input: Buffer): Promise<void> {
  const argv = input.toString().split('\n')
  const first = await ran(argv)
  hold([0, 1, 2].includes(first.code), `exit code ${first.code}`)
  if (first.code === 0) return
  hold(first.stderr !== '', `exit code ${first.code} without a word`)
  const [line = '', ...more] = first.stderr.trimEnd().split('\n')
  // Without a command there is help, and nothing but help.
  if (line.startsWith('foulweather: '))
    hold(more.length === 0, `an error of ${more.length + 1} lines: ${brief(first.stderr)}`)
  else hold(line.startsWith('Usage: foulweather'), `an error that does not say whose: ${brief(first.stderr)}`)
  same('a command line, read twice', await ran(argv), first)
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function ran(argv: readonly string[]): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const context: CliContext = {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    terminal: false,
    env: { FOULWEATHER_URL: 'http://127.0.0.1:1' },
  }
  const named = argv.find((each) => commandNames().has(each))
  const isSafe = named !== undefined && !READ_ONLY.has(named) && !argv.some((each) => READ_ONLY.has(each))
  const code = isSafe ? await runCli(argv, context) : await read(argv, context)
  return { code, stdout, stderr }
}

const names = new Set<string>()

function commandNames(): ReadonlySet<string> {
  if (names.size > 0) return names
  const { commands } = createProgram({ out: () => undefined, err: () => undefined, terminal: false, env: {} })
  for (const each of commands) for (const name of [each.name(), ...each.aliases()]) names.add(name)
  return names
}

/** Reads a command line as `runCli` does; the commands themselves do nothing. */
async function read(argv: readonly string[], context: CliContext): Promise<number> {
  const program = createProgram(context)
  stopAt(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

function stopAt(command: Command): void {
  for (const each of command.commands) {
    stopAt(each)
    // One that only has commands of its own says so by itself.
    if (each.commands.length === 0) each.action(() => undefined)
  }
}
