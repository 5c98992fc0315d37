import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plotsOf } from '../../../bench/plots/index.ts'
import { drawDots } from '../../../bench/plots/dots.ts'
import type { CaseRun, Results } from '../../../bench/results.ts'
import { BULK, RESULTS, rounds } from './made-up-results.ts'
import { parseXml } from './well-formed.ts'

const QUANTILES = ['added-p50', 'added-p99', 'added-p999']

const metricsOf = (...keys: readonly string[]): CaseRun['metrics'] =>
  keys.map((key) => ({ key, label: `${key}, µs`, digits: 1 }))

const CASES: readonly CaseRun[] = [
  BULK,
  { ...BULK, name: 'http-small', yardstick: 'haproxy-http' },
  { ...BULK, name: 'echo', metrics: metricsOf(...QUANTILES) },
  { ...BULK, name: 'latency', metrics: metricsOf('median', 'p99', 'noise') },
  { ...BULK, name: 'workers', yardstick: 'foulweather' },
]

const RELAYS = ['foulweather', 'haproxy', 'nginx', 'a "quoted" <rival> & co', 'direct']
const HTTP = ['foulweather-http', 'haproxy-http', 'undici', 'direct']
const WORKERS = ['foulweather', 'foulweather-2w', 'foulweather-4w']

function samplesOf(name: string, rivals: readonly string[], keys: readonly string[], variant = ''): Results['samples'] {
  return rivals.flatMap((rival, i) => {
    const own = rival === 'direct' ? keys.filter((key) => key === 'rate') : keys
    const figures = [1, 2, 3].map((round) =>
      Object.fromEntries(own.map((key, k) => [key, (i + 1) * (k + 1) + round / 10])),
    )
    return rounds({ case: name, variant, rival }, ...figures)
  })
}

const FULL: Results = {
  ...RESULTS,
  cases: CASES,
  samples: [
    ...samplesOf('bulk', RELAYS, ['cpu', 'rate'], 'download'),
    ...samplesOf('bulk', RELAYS, ['cpu', 'rate'], 'upload'),
    ...samplesOf('http-small', HTTP, ['cpu', 'rate']),
    ...samplesOf('echo', RELAYS, QUANTILES),
    ...samplesOf('latency', ['foulweather', 'toxiproxy'], ['median', 'p99', 'noise'], '50 ms'),
    ...samplesOf('workers', WORKERS, ['cpu', 'rate']),
  ],
}

const drawn = new Map(plotsOf(FULL).map((plot) => [plot.name, plot]))

const textsOf = (name: string): readonly string[] => parseXml(drawn.get(name)?.svg ?? '').texts

test('a full run has every picture', () => {
  expect([...drawn.keys()]).toEqual([
    'cpu-haproxy',
    'cpu-haproxy-http',
    'added-latency',
    'throughput',
    'accuracy',
    'workers',
  ])
})

describe.each([...drawn])('%s', (_, { svg, alt }) => {
  const { elements, texts } = parseXml(svg)

  test('is one SVG of 800 pixels with a white sheet behind it, and says where it comes from', () => {
    expect(elements[0]?.name).toBe('svg')
    expect(elements[0]?.attributes.get('width')).toBe('800')
    expect(elements[1]).toMatchObject({ name: 'rect' })
    expect(elements[1]?.attributes.get('fill')).toBe('#ffffff')
    expect(elements[1]?.attributes.get('width')).toBe('800')
    expect(texts).toContain(alt)
    expect(texts.join(' ')).toContain('A CPU, 2 cores')
    expect(texts.join(' ')).toContain('commit abc123')
  })

  test('runs nothing, loads nothing and has nothing but shapes and text', () => {
    const names = new Set(elements.map(({ name }) => name))
    expect(
      [...names].filter((name) => !['svg', 'rect', 'path', 'text', 'g', 'defs', 'clipPath'].includes(name)),
    ).toEqual([])
    const attributes = elements.flatMap((element) => [...element.attributes])
    expect(attributes.filter(([name]) => /^on|href|^class$|^src$/i.test(name))).toEqual([])
    const values = attributes.filter(([name]) => !name.startsWith('xmlns')).map(([, value]) => value)
    expect(values.filter((value) => /:\/\/|javascript:|data:/i.test(value))).toEqual([])
    // What is referred to is in the file.
    const ids = new Set(attributes.flatMap(([name, value]) => (name === 'id' ? [value] : [])))
    const referred = values.flatMap((value) => [...value.matchAll(/url\(([^)]*)\)/g)].map(([, target]) => target))
    expect(referred.filter((target) => !ids.has(target?.slice(1) ?? ''))).toEqual([])
  })

  test('has no text below 11 pixels', () => {
    const sizes = elements.flatMap(({ name, attributes }) =>
      name === 'text' ? [Number(/font-size:(\d+)px/.exec(attributes.get('style') ?? '')?.[1])] : [],
    )
    expect(sizes.length).toBeGreaterThan(5)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11)
  })
})

test('every rival is named in the pictures that it has figures for', () => {
  const proxies = RELAYS.filter((name) => name !== 'direct')
  expect(textsOf('cpu-haproxy')).toEqual(expect.arrayContaining(proxies))
  expect(textsOf('cpu-haproxy')).not.toContain('direct')
  expect(textsOf('cpu-haproxy-http')).toEqual(expect.arrayContaining(['foulweather-http', 'haproxy-http', 'undici']))
  expect(textsOf('added-latency')).toEqual(expect.arrayContaining(proxies))
  expect(textsOf('throughput')).toEqual(expect.arrayContaining([...RELAYS, ...HTTP]))
  expect(textsOf('workers')).toEqual(expect.arrayContaining(WORKERS))
  expect(textsOf('accuracy').join('\n')).toMatch(/foulweather: error[\s\S]*toxiproxy: error/)
})

test('the figures stand beside the bars and dots', () => {
  // Rounds of 1.1, 1.2 and 1.3 against 2.1, 2.2 and 2.3.
  expect(textsOf('cpu-haproxy').filter((text) => text === '0.55')).toHaveLength(2)
  expect(textsOf('added-latency')).toContain('1.20 / 2.20 / 3.20')
  expect(textsOf('accuracy')).toContain('2.20 / 4.20 / 6.20')
})

test('the same results are the same text, however much was drawn before', () => {
  const again = plotsOf(structuredClone(FULL))
  expect(again.map(({ svg }) => svg)).toEqual([...drawn.values()].map(({ svg }) => svg))
})

test('what was not measured is not drawn', () => {
  expect(plotsOf({ ...FULL, samples: [] })).toEqual([])
  expect(plotsOf({ ...FULL, cases: [] })).toEqual([])
  const alone = FULL.samples.filter(({ rival }) => rival === 'direct')
  expect(plotsOf({ ...FULL, samples: alone })).toEqual([])
})

const HEADING = { title: 'T', lines: ['one', 'two'] }

test('a dot without a figure is left out, and its place in the figures says so', () => {
  const { texts } = parseXml(
    drawDots(HEADING, ['p50', 'p99'], [{ title: 'P', rows: [{ name: 'r', values: [1, undefined] }] }]),
  )
  expect(texts).toContain('1.00 / –')
})

test.each(['__proto__', 'constructor', 'toString'])('a rival named %s is a name like others', (name) => {
  const { texts } = parseXml(drawDots(HEADING, ['p50'], [{ title: name, rows: [{ name, values: [1] }] }]))
  expect(texts.map((text) => text.trim()).filter((text) => text === name)).toHaveLength(2)
  expect(Object.keys(Object.prototype)).toEqual([])
  // What is drawn later is as it was before.
  expect(plotsOf(FULL).map(({ svg }) => svg)).toEqual([...drawn.values()].map(({ svg }) => svg))
})

test('any figures and any names make a well-formed picture', () => {
  const value = fc.double({ min: -1e6, max: 1e9, noNaN: true })
  const row = fc.record({ name: fc.string({ unit: 'binary', maxLength: 30 }), values: fc.tuple(value, value) })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.string({ unit: 'binary' }), (rows, title) => {
      const { texts } = parseXml(drawDots(HEADING, ['a', 'b'], [{ title, rows }]))
      expect(texts).toContain('T')
    }),
    { numRuns: 40 },
  )
})

test('the reader of XML that these tests rely on refuses what is not well-formed', () => {
  for (const text of [
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a>&x;</a>',
    '<a>&amp</a>',
    '<a/><b/>',
    '<a b=1/>',
    'x',
    '<a b="<"/>',
    '<a><![CDATA[x]]></a>',
  ]) {
    expect(() => parseXml(text)).toThrow(/\S/)
  }
  expect(parseXml('<a b="&quot;">x<c/> &#38; y</a>').texts).toEqual(['x', ' & y'])
})
