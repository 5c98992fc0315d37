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
} from '../../../src/cli/option-values.ts'
import { readAttribute } from '../../../src/cli/toxic-attributes.ts'

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

describe('attributes of toxics', () => {
  test('numbers are sent as numbers, anything else as a text', () => {
    const attributes = ['latency=100', 'jitter=-5', 'rate=1e3', 'name=x=y', 'zip=007', 'empty='].reduce(
      (before, text) => readAttribute(text, before),
      {},
    )
    expect(attributes).toEqual({ latency: 100, jitter: -5, rate: 1000, name: 'x=y', zip: '007', empty: '' })
  })

  test.each(['latency', '=5', ''])('%j is refused', (text) => {
    expect(() => readAttribute(text, undefined)).toThrow('expected KEY=VALUE')
  })
})
