import { InvalidArgumentError } from 'commander'
import { describe, expect, test } from 'vitest'
import {
  collect,
  readDuration,
  readHostPort,
  readLogLevel,
  readPort,
  readProbability,
  readSeconds,
  readSeed,
  readSize,
  readWorkers,
} from '../../../src/cli/option-values.ts'
import { attributesOf, readAttribute } from '../../../src/cli/toxic-attributes.ts'

describe('values and their units', () => {
  test('a duration is milliseconds or has a unit', () => {
    expect(readDuration('250')).toBe(250)
    expect(readDuration('1.5s')).toBe(1500)
  })

  test('a drain time is seconds or has a unit', () => {
    expect(readSeconds('3')).toBe(3000)
    expect(readSeconds('0.5')).toBe(500)
    expect(readSeconds('250ms')).toBe(250)
  })

  test('a size is bytes or has a unit', () => {
    expect(readSize('1000')).toBe(1000)
    expect(readSize('64KiB')).toBe(65_536)
  })

  test('a share is 0 to 1 or percent', () => {
    expect(readProbability('0.3')).toBe(0.3)
    expect(readProbability('1')).toBe(1)
    expect(readProbability('30%')).toBe(0.3)
  })

  test('a seed is a whole number', () => {
    expect(readSeed('-12')).toBe(-12)
  })

  test('workers are a whole number, or as many as there are cores', () => {
    expect([readWorkers('1'), readWorkers('64'), readWorkers('auto')]).toEqual([1, 64, 'auto'])
  })

  test('a log level is one of ours or of Toxiproxy', () => {
    expect(readLogLevel('warning')).toBe('warn')
  })

  test('options that may be given several times keep their order', () => {
    expect(collect('b', collect('a', undefined))).toEqual(['a', 'b'])
  })
})

describe('addresses', () => {
  test.each([
    ['127.0.0.1:8474', { host: '127.0.0.1', port: 8474 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
    [':80', { host: '', port: 80 }],
  ])('%s', (text, address) => {
    expect(readHostPort(text)).toEqual(address)
  })
})

test.each([
  ['a duration', readDuration, 'soon'],
  ['a duration', readDuration, '-1'],
  ['a drain time', readSeconds, '3 parsecs'],
  ['a drain time that no timer can take', readSeconds, '600h'],
  ['a size', readSize, '1 potato'],
  ['a share', readProbability, '1.1'],
  ['a share', readProbability, '-0.1'],
  ['a share', readProbability, '130%'],
  ['a share', readProbability, 'half'],
  ['a seed', readSeed, '1.5'],
  ['a seed', readSeed, '9007199254740993'],
  ['a log level', readLogLevel, 'loud'],
  ['an address', readHostPort, '127.0.0.1'],
  ['an address', readHostPort, '::1:80'],
  ['an address', readHostPort, 'unix:/tmp/x'],
  ['an address', readHostPort, '127.0.0.1:http'],
  ['a port', readPort, '65536'],
  ['a port', readPort, '-1'],
  ['a port', readPort, ''],
])('%s is refused with what would be right: %s %j', (_what, read, text) => {
  expect(() => read(text)).toThrow(InvalidArgumentError)
  expect(() => read(text)).toThrow(/expected|should be/)
})

function readAll(type: string, ...texts: readonly string[]): unknown {
  return attributesOf(
    type,
    texts.reduce((before, text) => readAttribute(text, before), {}),
  )
}

describe('attributes of toxics', () => {
  test('of a type that only the server knows, numbers are sent as numbers, anything else as a text', () => {
    const texts = ['latency=100', 'jitter=-5', 'rate=1e3', 'name=x=y', 'zip=007', 'empty=', 'time=5ms']
    const attributes = { latency: 100, jitter: -5, rate: 1000, name: 'x=y', zip: '007', empty: '', time: '5ms' }
    expect(readAll('rain', ...texts)).toEqual(attributes)
  })

  test('whole numbers stay as they are', () => {
    expect(readAll('latency', 'latency=100', 'JITTER = -5 ')).toEqual({ latency: 100, jitter: -5 })
    expect(readAll('slicer', 'delay=007', 'average_size=1e3')).toEqual({ delay: 7, average_size: 1000 })
  })

  test.each([
    ['latency', 'latency=250ms', 250],
    ['latency', 'latency=1.5s', 1500],
    ['latency', 'latency=1000us', 1],
    ['timeout', 'timeout=2m', 120_000],
    ['slicer', 'delay=2ms', 2000],
    ['slicer', 'delay=0.3ms', 300],
    ['slicer', 'delay=7us', 7],
    ['slicer', 'average_size=1KiB', 1024],
    ['limit_data', 'bytes=64KiB', 65_536],
    ['limit_data', 'bytes=1.5KB', 1500],
    ['bandwidth', 'rate=1MB/s', 1000],
    ['bandwidth', 'rate=10mbit', 1250],
    ['bandwidth', 'rate=20KB', 20],
    ['packet_loss', 'loss_rate=0.1', 0.1],
    ['packet_loss', 'loss_rate=2.5%', 0.025],
  ])("values with a unit come out in the attribute's own: %s, %s", (type, text, value) => {
    expect(Object.values(readAll(type, text) as object)).toEqual([value])
  })

  test.each([
    ['latency', 'latency=0.5ms', 'attribute latency is "0.5ms", which is 0.5 ms: expected a whole number of ms, or '],
    ['latency', 'latency=1.5', 'attribute latency is "1.5", which is 1.5 ms: expected a whole number of ms, or '],
    ['slicer', 'delay=0.5us', 'which is 0.5 µs: expected a whole number of µs, or a value with a unit such as 500us'],
    ['limit_data', 'bytes=1.0001KB', 'which is 1000.1 bytes: expected'],
    [
      'bandwidth',
      'rate=1KiB/s',
      'which is 1.024 KB/s: expected a whole number of KB/s, or a value with a unit such as 1MB/s',
    ],
    ['bandwidth', 'rate=10Mb', 'attribute rate is "10Mb": expected'],
    ['latency', 'latency=soon', 'attribute latency is "soon": expected'],
    ['latency', 'latency=', 'attribute latency is "": expected'],
    ['latency', 'latency=5KB', 'attribute latency is "5KB": expected'],
    [
      'packet_loss',
      'loss_rate=much',
      'attribute loss_rate is "much": expected a number (0…1), or a value with a unit such as 30%',
    ],
    ['latency', 'latncy=250', 'latency has no attribute "latncy"; did you mean latency? (it has: latency, jitter)'],
    ['latency', '__proto__=1', 'latency has no attribute "__proto__" (it has: latency, jitter)'],
    ['noop', 'latency=1', 'noop has no attribute "latency" (it has none)'],
  ])('%s, %s is refused with what would be right', (type, text, message) => {
    expect(() => readAll(type, text)).toThrow(message)
    expect(() => readAll(type, text)).toThrow(expect.objectContaining({ exitCode: 2 }))
  })

  test.each(['latency', '=5', ''])('%j is refused', (text) => {
    expect(() => readAttribute(text, undefined)).toThrow('expected KEY=VALUE')
  })
})
