import { expect, test } from 'vitest'
import { parseRecord } from '../../../src/control/replay-record.ts'
import { DecisionLog } from '../../../src/engine/decision-log.ts'

const LINE = '{"kind":"session","seed":1,"proxy":"pg","fault":"slow","ordinal":3,"selected":true}'

test('reads what the log answers', () => {
  const log = new DecisionLog(7, 10)
  log.add({ proxy: 'pg', fault: 'slow', type: 'latency', kind: 'session', session: '1', ordinal: 3, selected: true })
  log.add({ proxy: 'pg', fault: 'gone', type: 'refuse', kind: 'injection', what: 'shut' })
  log.add({
    proxy: 'api',
    fault: 'err',
    type: 'noop',
    kind: 'exchange',
    session: '2',
    ordinal: 4,
    exchange: 9,
    selected: false,
  })
  const text = log
    .list()
    .map((decision) => `${JSON.stringify(decision)}\n`)
    .join('')
  expect(parseRecord(text)).toEqual(log.list())
})

test('passes over empty lines', () => {
  expect(parseRecord(`\n${LINE}\r\n\n${LINE}`)).toHaveLength(2)
})

test.each([
  ['', 'there is no decision in it'],
  [`${LINE}\n{`, 'line 2: it is not JSON'],
  [`${LINE}\n\n[]`, 'line 3: it is no decision'],
  ['42', 'line 1: it is no decision'],
  [LINE.replace('"session"', '"guess"'), 'line 1: kind: expected session, chunk, exchange, injection or limit'],
  [LINE.replace('"seed":1', '"seed":"1"'), 'line 1: seed: expected a whole number'],
  [LINE.replace('"pg"', '5'), 'line 1: proxy: expected a name'],
  [LINE.replace('"ordinal"', '"exchange":"1","ordinal"'), 'line 1: exchange: expected a whole number'],
  [LINE.replace('true', '"yes"'), 'line 1: selected: expected true or false'],
])('%j is refused: %s', (text, message) => {
  expect(() => parseRecord(text)).toThrow(message)
})
