import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { comparison, parseCells } from '../../../scripts/conformance/comparison.ts'

const SCRIPT = join(import.meta.dirname, '../../../scripts/conformance/loss.sh')

function run(args: readonly string[], path = process.env['PATH']): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  return { status, text: stdout + stderr }
}

describe('loss.sh', () => {
  test('--help names every option and the exit codes', () => {
    const { status, text } = run(['--help'])
    expect(status).toBe(0)
    for (const word of ['--rtt', '--percent', '--exchanges', '--connections', '--link', '--seed', '--out', '77']) {
      expect(text).toContain(word)
    }
  })

  test.each([
    [['--fast'], 'there is no option --fast'],
    [['--rtt'], '--rtt wants a value'],
    [['--rtt', '2;5'], '--rtt is 2;5: milliseconds'],
    [['--percent', '1,,2'], '--percent is 1,,2: percentages'],
    [['--exchanges', '0'], '--exchanges is 0: a whole number'],
    [['--link', 'wire'], '--link is wire: netem, tun or auto'],
  ])('%j is refused before anything is done', (args, message) => {
    const { status, text } = run(args)
    expect(status).toBe(2)
    expect(text).toContain(message)
  })

  test('where it cannot run it says why, and ends with 77', () => {
    const bin = mkdtempSync(join(tmpdir(), 'foulweather-conformance-'))
    try {
      writeFileSync(join(bin, 'uname'), '#!/bin/sh\necho Darwin\n')
      chmodSync(join(bin, 'uname'), 0o755)
      const { status, text } = run([], bin + delimiter + process.env['PATH'])
      expect(status).toBe(77)
      expect(text).toBe('loss.sh cannot run here: network namespaces are a thing of Linux\n')
    } finally {
      rmSync(bin, { recursive: true })
    }
  })
})

describe('comparison', () => {
  const real = parseCells('{"rtt":2,"percent":0,"times":[2,2,2,2]}\n{"rtt":2,"percent":5,"times":[2,2,2,202]}\n')

  test('emulated cells stand below the real ones, with the ratio of means', () => {
    const emulated = parseCells('{"rtt":2,"percent":5,"times":[2,2,2,220]}\n')
    expect(comparison(real, emulated).split('\n').slice(2)).toEqual([
      '| 2 | 0 | dropped packets | 2.0 |  | 2.0 | 2.0 | 2.0 | 2.0 | 100.0 | 100.0 | 4 |',
      '| 2 | 5 | dropped packets | 52.0 |  | 2.0 | 142.0 | 172.0 | 196.0 | 75.0 | 90.3 | 4 |',
      '| 2 | 5 | foulweather | 56.5 | 1.09 | 2.0 | 154.6 | 187.3 | 213.5 | 75.0 | 90.3 | 4 |',
    ])
  })

  test('without any the real ones stand alone', () => {
    expect(comparison(real, parseCells('')).split('\n')).toHaveLength(4)
  })
})
