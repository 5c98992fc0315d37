import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fieldText, readField } from '../../../src/cli/field-text.ts'
import { duration } from '../../../src/faults/params.ts'

const schema = z.toJSONSchema(
  z.object({
    delay: duration(),
    shape: z.enum(['sine', 'square']),
    number: z.number(),
    word: z.union([z.literal('never'), duration()]),
    wave: z.object({ shape: z.enum(['sine', 'square']), on_top: duration(), hard: z.boolean() }),
    table: z.record(z.string(), duration()),
    csv: z.union([z.record(z.string(), duration()), z.string()]),
    clients: z.union([z.string(), z.array(z.string())]),
    match: z.object({
      client: z.union([z.string(), z.array(z.string())]),
      session: z.object({ first: z.int(), every: z.int() }),
    }),
    points: z.array(z.tuple([z.number(), duration()])),
  }),
  { io: 'input' },
)

function read(field: string, text: string): unknown {
  const property = schema.properties?.[field]
  if (typeof property !== 'object') throw new Error(`no field ${field}`)
  return readField(property, text)
}

test.each([
  ['delay', '250ms', '250ms'],
  ['delay', '250', 250],
  ['delay', '.5', 0.5],
  ['delay', 'soon', 'soon'],
  ['shape', 'sine', 'sine'],
  ['number', '1e3', 1000],
  ['word', 'never', 'never'],
  ['word', '5s', '5s'],
  ['wave', 'shape=sine,on-top=20ms,hard=true', { shape: 'sine', on_top: '20ms', hard: true }],
  ['wave', '{"shape":"sine","on_top":5}', { shape: 'sine', on_top: 5 }],
  ['table', 'p50=20ms,p99.9=400', { p50: '20ms', 'p99.9': 400 }],
  ['csv', 'p50=20ms', { p50: '20ms' }],
  ['csv', '20ms,5\n40ms,1', '20ms,5\n40ms,1'],
  ['clients', '10.0.0.0/8,::1', ['10.0.0.0/8', '::1']],
  ['match', 'client=10.0.0.0/8,session.every=3', { client: '10.0.0.0/8', session: { every: 3 } }],
  ['match', 'client=10.0.0.0/8,::1,session.first=2', { client: ['10.0.0.0/8', '::1'], session: { first: 2 } }],
  ['match', 'client=10.0.0.0/8,client=::1', { client: ['10.0.0.0/8', '::1'] }],
  ['match', 'session.first=2, session.every=3', { session: { first: 2, every: 3 } }],
  [
    'points',
    '[[0,"1s"],[2,5]]',
    [
      [0, '1s'],
      [2, 5],
    ],
  ],
])('%s is read: %s', (field, text, value) => {
  expect(read(field, text)).toEqual(value)
})

test.each([
  ['shape', 'sin', 'did you mean sine? expected one of sine, square.'],
  ['number', 'ten', 'expected a number.'],
  ['wave', 'sine', 'expected shape=…,on_top=…,hard=….'],
  ['wave', 'shape=round', 'shape is "round": expected one of sine, square.'],
  ['wave', 'shap=sine', 'there is no shap; did you mean shape? expected one of shape, on_top, hard.'],
  ['wave', 'hard=yes', 'hard is "yes": expected true or false.'],
  ['wave', 'shape=sine,shape=square', 'shape is given twice.'],
  ['wave', 'on_top=5,7', 'on_top takes one value: expected KEY=VALUE in front of "7".'],
  ['match', 'session=3', 'session has parts: expected session.first=, session.every=.'],
  ['match', 'session.evry=3', 'there is no session.evry; did you mean every? expected one of first, every.'],
  ['match', 'client.x=3', 'there is no client.x; expected one of client, session.'],
  ['wave', '{"shape":', 'it begins as JSON does, but is none.'],
  ['points', '0,1', 'expected a list as JSON, such as [[0, 1], [2, 3]].'],
])('%s refuses %s', (field, text, message) => {
  expect(() => read(field, text)).toThrow(new InvalidArgumentError(message))
})

test.each([
  ['delay', '250ms'],
  ['wave', { shape: 'sine', on_top: '20ms', hard: false }],
  ['table', { p50: '20ms', 'p99.9': 400 }],
  ['csv', '20ms,5'],
  ['clients', ['10.0.0.0/8', '::1']],
  ['match', { client: ['10.0.0.0/8', '::1'], session: { first: 2, every: 3 } }],
  ['points', [[0, '1s']]],
])('what is written of %s can be read again', (field, value) => {
  expect(read(field, fieldText(value))).toEqual(value)
})
