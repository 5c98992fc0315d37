import { expect, test } from 'vitest'
import { CASES } from '../../../bench/cases/index.ts'
import { allRivals } from '../../../bench/rivals/index.ts'
import { judge, TARGETS } from '../../../bench/targets.ts'
import { rounds } from './made-up-results.ts'

test('every target is about a case, a metric and rivals that there are', () => {
  const rivals = new Set(allRivals({ dist: false }).map(({ name }) => name))
  for (const { case: name, metric, rival = 'foulweather', yardstick = 'haproxy' } of TARGETS) {
    const keys = CASES.find((one) => one.name === name)?.metrics.map(({ key }) => key)
    expect({ name, keys }).toEqual({ name, keys: expect.arrayContaining([metric]) })
    expect([...rivals]).toEqual(expect.arrayContaining([rival, yardstick]))
  }
})

test('figures of targets are told apart by their text', () => {
  expect(new Set(TARGETS.map(({ figure }) => figure)).size).toBe(TARGETS.length)
})

test('workers are judged against one of them, each number by itself', () => {
  const samples = [10, 10.9, 11.1].flatMap((cpu, i) =>
    rounds(
      { case: 'workers', variant: '', rival: ['foulweather', 'foulweather-2w', 'foulweather-4w'][i] ?? '' },
      { cpu },
    ),
  )
  const judged = TARGETS.filter((target) => target.case === 'workers').map((target) => judge(target, samples).met)
  expect(judged).toEqual([true, false])
})

test('transactions through Foulweather may be a twentieth fewer than through HAProxy', () => {
  const target = TARGETS.find((target) => target.case === 'pgbench')
  if (target === undefined) throw new Error('no target for pgbench')
  const met = (rate: number): boolean | null => {
    const about = { case: 'pgbench', variant: '' }
    const samples = [
      ...rounds({ ...about, rival: 'haproxy' }, { rate: 1000 }),
      ...rounds({ ...about, rival: 'foulweather' }, { rate }),
    ]
    return judge(target, samples).met
  }
  expect([met(949), met(950), met(2000)]).toEqual([false, true, true])
})
