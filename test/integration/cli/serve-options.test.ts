import { describe, expect, test } from 'vitest'
import { collectNames, collectVars, readShare, readSpan } from '../../../src/cli/option-values.ts'
import { runHere } from '../../support/cli-context.ts'

describe('options that cannot be meant', () => {
  test.each([
    [['--max-ttl', '1m', '--default-ttl', '2m'], '--default-ttl (120000 ms) is longer than --max-ttl (60000 ms)'],
    [['--max-ttl', 'soon'], 'expected milliseconds or a duration such as'],
    [['--default-ttl', '0'], 'expected a duration above 0'],
    [['--max-added-delay', '9000h'], 'expected a duration above 0, at most 8760h'],
    [['--max-share', '2'], 'expected a share of 0 to 1'],
    [['--max-active', '0'], 'expected a whole number of 1 or more'],
    [['--max-injections', '1.5'], 'expected a whole number of 1 or more'],
    [['--var', 'x'], 'expected NAME=VALUE'],
    [['--var', '=1'], 'expected NAME=VALUE'],
    [['--var', 'x="a\\"'], 'expected a text in double quotes'],
    [['--halt-file', ''], 'expected a path, found nothing'],
    [['--state='], 'expected a path, found nothing'],
    [['--audit', ''], 'expected a path, found nothing'],
    [['--files', ''], 'expected a path, found nothing'],
    [['--profiles', ''], 'expected a path, found nothing'],
    [['--state', '/tmp/a', '--audit', '/tmp/../tmp/a'], '--state and --audit are the same file: /tmp/a'],
    [['--state', '/tmp/a', '--config', '/tmp/a'], '--config and --state are the same file: /tmp/a'],
    [['--activate', 'a,,b'], 'expected names, separated by commas'],
  ])('%j', async (argv, text) => {
    const { code, stderr, stdout } = await runHere(['serve', ...argv])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(text)
  })
})

test.each(['0', '65', '1.5', '-1', '', 'all', 'AUTO', '1e1'])('workers: %j', async (text) => {
  const { code, stderr, stdout } = await runHere(['serve', `--workers=${text}`])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('expected a whole number of 1 to 64, or auto for as many as there are cores')
})

describe('values', () => {
  test('variables are what they look like, and the last one of a name counts', () => {
    const given = ['a=1', 'b=1.5e3', 'c=true', 'd=false', 'e=250ms', 'f=', 'g=007', 'h="5"', 'i=a=b', 'a=-2', 'j=1e999']
    const vars = given.reduce<ReturnType<typeof collectVars> | undefined>(
      (before, text) => collectVars(text, before),
      undefined,
    )
    expect(vars).toEqual({
      a: -2,
      b: 1500,
      c: true,
      d: false,
      e: '250ms',
      f: '',
      g: '007',
      h: '5',
      i: 'a=b',
      j: '1e999',
    })
  })

  test('names are separated by commas, or given one by one', () => {
    expect(collectNames('c', collectNames('a, b', undefined))).toEqual(['a', 'b', 'c'])
  })

  test('shares and spans', () => {
    expect([readShare('30%'), readShare('0.3'), readSpan('10m'), readSpan('5')]).toEqual([0.3, 0.3, 600_000, 5])
  })
})
