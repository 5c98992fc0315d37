import { describe, expect, test } from 'vitest'
import { CASES } from '../../../bench/cases/index.ts'
import { lessBase } from '../../../bench/cases/echo.ts'
import { parsePgbench } from '../../../bench/cases/pgbench.ts'
import { parseRedis } from '../../../bench/cases/redis.ts'
import { allRivals } from '../../../bench/rivals/index.ts'

const RIVALS = allRivals({ dist: false })

const rivalsOf = (name: string): readonly string[] => {
  const found = CASES.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no case ${name}`)
  return RIVALS.filter((rival) => found.takes(rival)).map(({ name }) => name)
}

describe('who takes part where', () => {
  test('names are unique, and so are the keys of the metrics of a case', () => {
    for (const names of [RIVALS, CASES].map((all) => all.map(({ name }) => name))) {
      expect(new Set(names).size).toBe(names.length)
    }
    for (const { metrics } of CASES) expect(new Set(metrics.map(({ key }) => key)).size).toBe(metrics.length)
  })

  test('what differs in bulk alone is measured by bulk alone', () => {
    const splicing = ['haproxy-splice', 'haproxy-splice-always']
    expect(rivalsOf('bulk')).toEqual(expect.arrayContaining(['foulweather', 'haproxy', ...splicing, 'direct']))
    for (const name of ['echo', 'redis', 'pgbench', 'connections', 'idle']) {
      expect(rivalsOf(name)).toEqual(expect.arrayContaining(['foulweather', 'haproxy', 'envoy', 'fault']))
      for (const splicer of splicing) expect(rivalsOf(name)).not.toContain(splicer)
    }
    expect(rivalsOf('http-64k')).toContain('haproxy-http-splice')
    expect(rivalsOf('http-small')).not.toContain('haproxy-http-splice')
    expect(rivalsOf('http-close')).not.toContain('haproxy-http-splice')
  })

  test('what relays no stream gets short messages alone', () => {
    const cases = CASES.filter(({ name }) => rivalsOf(name).includes('mountebank')).map(({ name }) => name)
    expect(cases).toEqual(['echo', 'echo-1000'])
  })

  test('worker threads are compared with one thread, and nowhere else', () => {
    expect(rivalsOf('workers')).toEqual(['foulweather', 'foulweather-2w', 'foulweather-4w'])
    const cases = CASES.filter(({ name }) => rivalsOf(name).includes('foulweather-2w')).map(({ name }) => name)
    expect(cases).toEqual(['workers', 'workers-connections'])
  })

  test('the yardstick of a case takes part in it', () => {
    const compared = CASES.filter(({ metrics }) => metrics.some(({ compared }) => compared === true))
    const without = compared.filter(({ name, yardstick = 'haproxy' }) => !rivalsOf(name).includes(yardstick))
    expect(compared.length).toBeGreaterThan(5)
    expect(without.map(({ name }) => name)).toEqual([])
  })

  test('a quick run still has the subject and its yardsticks', () => {
    const quick = RIVALS.filter(({ slow }) => slow !== true).map(({ name }) => name)
    expect(quick).toEqual(
      expect.arrayContaining([
        'foulweather',
        'foulweather-http',
        'foulweather-2w',
        'haproxy',
        'haproxy-http',
        'direct',
      ]),
    )
  })
})

test('what is added to a quantile is what there is more of it, also when that is less than nothing', () => {
  const base = { p50: 10, p99: 30, p999: 100 }
  expect(lessBase({ p50: 25, p99: 31, p999: 90 }, base)).toEqual({ 'added-p50': 15, 'added-p99': 1, 'added-p999': -10 })
})

describe('pgbench', () => {
  const text = `pgbench (17.2)
transaction type: <builtin: select only>
scaling factor: 1
query mode: prepared
number of clients: 8
number of threads: 1
duration: 4 s
number of transactions actually processed: 120000
number of failed transactions: 0 (0.000%)
latency average = 0.266 ms
initial connection time = 12.104 ms
tps = 30000.000000 (without initial connection time)
`

  test('its transactions, their rate and their mean time are read', () => {
    expect(parsePgbench(text)).toEqual({ units: 120_000, seconds: 4, beside: { mean: 0.266 } })
  })

  test('before version 15 it has no line of failed transactions', () => {
    expect(parsePgbench(text.replace(/^number of failed.*\n/m, ''))).toMatchObject({ units: 120_000 })
  })

  test('a failed transaction, or none at all, is an error', () => {
    expect(() => parsePgbench(text.replace('failed transactions: 0', 'failed transactions: 3'))).toThrow('failed')
    expect(() => parsePgbench(text.replace('processed: 120000', 'processed: 0'))).toThrow('pgbench answered')
    expect(() => parsePgbench('pgbench: error: connection to server failed')).toThrow('connection to server failed')
  })
})

describe('redis-benchmark', () => {
  const head =
    '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"'
  const row = '"GET","71428.57","0.362","0.112","0.351","0.575","0.855","2.423"'

  test('rate and times are read by the names of their columns', () => {
    expect(parseRedis(`${head}\n${row}\n`)).toEqual({ rps: 71_428.57, p50: 0.351, p99: 0.855 })
  })

  test('a version that prints the rate alone has no times', () => {
    expect(parseRedis('"GET","71428.57"\n')).toEqual({ rps: 71_428.57 })
  })

  test('anything else is an error', () => {
    expect(() => parseRedis('')).toThrow('redis-benchmark answered ""')
    expect(() => parseRedis(`${head}\n"GET","0.00"\n`)).toThrow('redis-benchmark answered')
  })
})
