import { expect, test } from 'vitest'
import { parseLogLevel } from '../../../src/observe/log-level.ts'

test.each([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['fatal', 'fatal'],
  ['panic', 'fatal'],
  ['disabled', 'silent'],
  ['WARN', 'warn'],
  [' info ', 'info'],
])('the word %j is level %s', (text, level) => {
  expect(parseLogLevel(text)).toBe(level)
})

test.each([
  ['-1', 'trace'],
  ['-7', 'trace'],
  ['0', 'debug'],
  ['1', 'info'],
  ['2', 'warn'],
  ['3', 'error'],
  ['4', 'fatal'],
  ['5', 'fatal'],
  ['6', 'silent'],
  ['7', 'silent'],
  ['99', 'silent'],
])("the number %s, counted as Toxiproxy's logger counts, is level %s", (text, level) => {
  expect(parseLogLevel(text)).toBe(level)
})

test.each(['', 'loud', 'info!', '1.5', 'constructor', '__proto__'])('%j is no level', (text) => {
  expect(parseLogLevel(text)).toBeUndefined()
})
