import { expect, test } from 'vitest'
import { FoulweatherError } from '../../../src/core/errors.ts'
import type { Entry } from '../../../src/profiles/document.ts'
import { placed } from '../../../src/profiles/placed.ts'

const asked: (string | undefined)[] = []
const entry: Entry = {
  fields: {},
  profile: 'p',
  path: 'faults[2]',
  place(field) {
    asked.push(field)
    return { file: 'p.yaml', line: 3, column: 7 }
  },
}

test.each([
  ['latency', 'latency: expected 5', 'latency', 'faults[2].latency', 'p.yaml:3:7: faults[2].latency: expected 5'],
  ['latency', 'latency is missing', 'latency', 'faults[2].latency', 'p.yaml:3:7: faults[2].latency is missing'],
  [
    'match.path[1]',
    'match.path[1]: no',
    'match.path[1]',
    'faults[2].match.path[1]',
    'p.yaml:3:7: faults[2].match.path[1]: no',
  ],
  ['faults[2].on', 'faults[2].on: no', 'on', 'faults[2].on', 'p.yaml:3:7: faults[2].on: no'],
  ['faults[2]', 'faults[2]: no', '', 'faults[2]', 'p.yaml:3:7: faults[2]: no'],
  ['faults[20].on', 'x', 'faults[20].on', 'faults[2].faults[20].on', 'p.yaml:3:7: faults[2]: x'],
  ['type', 'there is no fault type "x"', 'type', 'faults[2].type', 'p.yaml:3:7: faults[2]: there is no fault type "x"'],
  [undefined, 'not so', '', 'faults[2]', 'p.yaml:3:7: faults[2]: not so'],
])('an error with the field %s that says %j', (field, message, within, whole, text) => {
  asked.length = 0
  const cause = new Error('why')
  const error = placed(
    new FoulweatherError('missing_field', message, { ...(field && { field }), value: 5, expected: '6', cause }),
    entry,
  )
  expect(asked).toEqual([within])
  const { code, value, expected, place, problems } = error
  expect({
    code,
    message: error.message,
    field: error.field,
    value,
    expected,
    cause: error.cause,
    place,
    problems,
  }).toEqual({
    code: 'missing_field',
    message: text,
    field: whole,
    value: 5,
    expected: '6',
    cause,
    place: { file: 'p.yaml', line: 3, column: 7 },
    problems: [],
  })
})

test('an error that has a place keeps it', () => {
  const error = new FoulweatherError('invalid_value', 'x', { place: { line: 1, column: 1 } })
  expect(placed(error, entry)).toBe(error)
})
