import { expect, test } from 'vitest'
import { crashReport, nodeComplaint } from '../../../src/cli/launch.ts'

test.each(['18.20.4', '20.11.1', '22.0.0', '23.11.0'])('Node %s is told that it is too old', (version) => {
  expect(nodeComplaint('foulweather', version)).toBe(
    `foulweather needs Node 24 or later; this is ${version} (${process.execPath})`,
  )
})

test.each(['24.0.0', '26.10.0', '30.1.0-nightly'])('Node %s is not', (version) => {
  expect(nodeComplaint('foulweather', version)).toBeUndefined()
})

test('a crash report has the stack, or whatever was thrown', () => {
  expect(crashReport('foulweather', new Error('oh'))).toMatch(/a bug in foulweather.*Error: oh\n +at /s)
  expect(crashReport('foulweather', 'oh')).toContain('oh')
})
