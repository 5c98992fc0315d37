import { expect, test } from 'vitest'
import { goUsage, parseGoFlags } from '../../../src/cli/go-flags.ts'
import type { GoFlag } from '../../../src/cli/go-flags.ts'

const FLAGS: readonly GoFlag[] = [
  { name: 'port', kind: 'string', fallback: '8474', usage: 'Port' },
  { name: 'host', kind: 'string', fallback: '', usage: 'Host' },
  { name: 'seed', kind: 'int', fallback: '', usage: 'Seed' },
  { name: 'version', kind: 'bool', fallback: '', usage: 'Version' },
]

function parsed(...argv: readonly string[]): unknown {
  const outcome = parseGoFlags(argv, FLAGS)
  return outcome.kind === 'flags' ? Object.fromEntries(outcome.values) : outcome
}

test.each([['-port', '1'], ['--port', '1'], ['-port=1'], ['--port=1']])(
  'one or two dashes, with a space or with =: %s %s',
  (...argv) => {
    expect(parsed(...argv)).toEqual({ port: '1' })
  },
)

test('a value may be empty, hold =, or look like a flag', () => {
  expect(parsed('-host=')).toEqual({ host: '' })
  expect(parsed('-host=a=b')).toEqual({ host: 'a=b' })
  expect(parsed('-host', '-port')).toEqual({ host: '-port' })
})

test('booleans are bare or have =, and never take the next argument', () => {
  expect(parsed('-version')).toEqual({ version: 'true' })
  expect(parsed('-version=false')).toEqual({ version: 'false' })
  expect(parsed('-version=T')).toEqual({ version: 'true' })
  expect(parsed('-version', 'false', '-port', '1')).toEqual({ version: 'true' })
  expect(parsed('-version=yes')).toEqual({
    kind: 'wrong',
    message: 'invalid value "yes" for flag -version: parse error',
  })
})

test('reading stops at the first argument that is no flag, and at --', () => {
  expect(parsed('-port', '1', 'file', '-host', 'x')).toEqual({ port: '1' })
  expect(parsed('-port', '1', '--', '-host', 'x')).toEqual({ port: '1' })
  expect(parsed('-', '-host', 'x')).toEqual({})
})

test('the last one of several wins', () => {
  expect(parsed('-port', '1', '-port', '2')).toEqual({ port: '2' })
})

test.each(['0', '42', '-7', '+3', '9223372036854775807'])('%s is a whole number of 64 bits', (seed) => {
  expect(parsed('-seed', seed)).toEqual({ seed })
})

test.each(['x', '1.5', '', '9223372036854775808'])('%j is none', (seed) => {
  expect(parsed(`-seed=${seed}`)).toEqual({
    kind: 'wrong',
    message: `invalid value "${seed}" for flag -seed: parse error`,
  })
})

test('mistakes are named as Go names them', () => {
  expect(parsed('-nope')).toEqual({ kind: 'wrong', message: 'flag provided but not defined: -nope' })
  expect(parsed('-port')).toEqual({ kind: 'wrong', message: 'flag needs an argument: -port' })
  expect(parsed('---port')).toEqual({ kind: 'wrong', message: 'bad flag syntax: ---port' })
  expect(parsed('-=x')).toEqual({ kind: 'wrong', message: 'bad flag syntax: -=x' })
})

test.each(['-h', '--h', '-help', '--help'])('%s asks for help', (flag) => {
  expect(parsed(flag)).toEqual({ kind: 'help' })
})

test('the usage text lists the flags in order of their names, with their kinds and defaults', () => {
  expect(goUsage('x', FLAGS)).toBe(
    'Usage of x:\n  -host string\n    \tHost\n  -port string\n    \tPort (default "8474")\n' +
      '  -seed int\n    \tSeed\n  -version\n    \tVersion\n',
  )
})
