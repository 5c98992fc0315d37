import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare, comparison, type Compared } from '../../../bench/compare.ts'
import type { Sample } from '../../../bench/cases/case.ts'
import type { Results } from '../../../bench/results.ts'
import { BULK, download, RESULTS } from './made-up-results.ts'

const run = (...samples: readonly (readonly Sample[])[]): Results => ({ ...RESULTS, samples: samples.flat() })

const pipes = (...cpu: readonly number[]): Results => run(download('pipe', ...cpu.map((one) => ({ cpu: one }))))

function only(a: Results, b: Results): Compared {
  const { both } = compare(a, b)
  expect(both).toHaveLength(1)
  const [first] = both
  if (first === undefined) throw new Error('nothing compared')
  return first
}

test('a change counts only beyond the spread of both', () => {
  expect(only(pipes(1, 2, 3), pipes(3, 4, 5))).toMatchObject({ ratio: 2, change: 'noise' })
  expect(only(pipes(1, 2, 3), pipes(3.1, 4, 5))).toMatchObject({ ratio: 2, change: 'higher' })
  expect(only(pipes(3.1, 4, 5), pipes(1, 2, 3))).toMatchObject({ ratio: 0.5, change: 'lower' })
})

test('where there is one round nothing is said of noise', () => {
  expect(only(pipes(1), pipes(2, 2))).toMatchObject({ ratio: 2, change: 'unknown' })
})

test('a ratio that says nothing is left out', () => {
  expect(only(pipes(0, 0), pipes(1, 1))).not.toHaveProperty('ratio')
  expect(only(pipes(-1, -1), pipes(1, 1))).not.toHaveProperty('ratio')
  const metrics = [{ key: 'cpu', label: 'within', digits: 0, verdict: true }]
  const judged = (results: Results): Results => ({ ...results, cases: [{ ...BULK, metrics }] })
  expect(only(judged(pipes(1, 1)), judged(pipes(0, 0)))).not.toHaveProperty('ratio')
})

test('ratios to the yardstick are compared as well as what they are ratios of: a slower machine changes these alone', () => {
  const fast = run(download('pipe', { cpu: 2 }, { cpu: 2 }), download('haproxy', { cpu: 1 }, { cpu: 1 }))
  const slow = run(download('pipe', { cpu: 4 }, { cpu: 4 }), download('haproxy', { cpu: 2 }, { cpu: 2 }))
  const found = compare(fast, slow).both.map(({ rival, metric, change }) => [rival, metric.label, change])
  expect(found).toEqual([
    ['pipe', 'CPU s/GB ÷ haproxy', 'noise'],
    ['pipe', 'CPU s/GB', 'higher'],
    ['haproxy', 'CPU s/GB', 'higher'],
  ])
})

test('with itself every run is the same', () => {
  const metrics = fc.record({ cpu: fc.double({ min: 0.001, max: 1e6, noNaN: true }) })
  const all = fc.array(metrics, { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(all, all, (pipe, haproxy) => {
      const one = run(download('pipe', ...pipe), download('haproxy', ...haproxy))
      const { both, onlyA, onlyB } = compare(one, one)
      expect(new Set(both.map(({ change }) => change))).toEqual(new Set(['noise']))
      expect(both.every(({ ratio }) => ratio === 1)).toBe(true)
      expect([onlyA, onlyB]).toEqual([[], []])
    }),
  )
})

test('turned round, every change is the other one and every ratio its inverse', () => {
  const cpu = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(cpu, cpu, (before, after) => {
      const [there, back] = [only(pipes(...before), pipes(...after)), only(pipes(...after), pipes(...before))]
      expect((there.ratio ?? 0) * (back.ratio ?? 0)).toBeCloseTo(1)
      expect(back.change).toBe({ higher: 'lower', lower: 'higher', noise: 'noise', unknown: 'unknown' }[there.change])
    }),
  )
})

test('what one of them alone has is named', () => {
  const { both, onlyA, onlyB } = compare(run(download('a', { cpu: 1 })), run(download('b', { cpu: 1 })))
  expect([both, onlyA, onlyB]).toEqual([[], ['bulk, download: a'], ['bulk, download: b']])
})

test('as Markdown: the changes, then everything', () => {
  const text = comparison(pipes(1, 2, 3), pipes(4, 6, 8))
  const row = '| bulk, download | pipe | CPU s/GB | 2.00 (1.00–3.00) | 6.00 (4.00–8.00) | 3.00 | ▲ higher |'
  expect(text.split(row)).toHaveLength(3)
  expect(text).toContain('The same machine, versions and options.')
  expect(comparison(pipes(1, 2), pipes(1, 2))).toContain('## Changes beyond the spread of both\n\nNone.')
})

test('another machine, other versions and options are said before anything else', () => {
  const other: Results = {
    ...RESULTS,
    node: '27.0.0',
    machine: { ...RESULTS.machine, cpu: 'B CPU', loadBefore: 9 },
    verification: RESULTS.verification.map((one) => (one.rival === 'haproxy' ? { ...one, version: '3.0' } : one)),
  }
  const text = comparison(RESULTS, other)
  expect(text).toContain('| processor | A CPU | B CPU |')
  expect(text).toContain('| Node | 26.0.0 | 27.0.0 |')
  expect(text).toContain('| version of haproxy | 2.9 | 3.0 |')
  expect(text).not.toContain('| kernel |')
  expect(text).toContain('**B: The machine was busy')
  expect(text.indexOf('B CPU')).toBeLessThan(text.indexOf('## '))
})
