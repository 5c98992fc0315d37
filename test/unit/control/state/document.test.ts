import { describe, expect, test } from 'vitest'
import { readState, stateText, storedToxic, toxicAttributes } from '../../../../src/control/state/document.ts'

const EMPTY = { halted: undefined, proxies: [], faults: [], profiles: [], active: [] }

function list(entries: readonly object[]): string[] {
  return entries.map((entry) => JSON.stringify(entry))
}

describe('the text', () => {
  test('has one entry in a line', () => {
    const proxies = ['a', 'b'].map((name) => JSON.stringify({ fields: { name }, faults: [] }))
    const text = stateText({ ...EMPTY, halted: '{"since":"now"}', proxies })
    expect(text.split('\n')).toEqual([
      '{"format":"foulweather-state","version":1,',
      '"halted":{"since":"now"},',
      '"proxies":[',
      '{"fields":{"name":"a"},"faults":[]},',
      '{"fields":{"name":"b"},"faults":[]}',
      '],',
      '"faults":[],',
      '"profiles":[],',
      '"active":[]',
      '}',
      '',
    ])
  })

  test('is read back', () => {
    const state = {
      halted: { since: '2026-01-01T00:00:00.000Z', actor: 'alice', reason: 'smoke' },
      proxies: [{ fields: { name: 'a', listen: 'x' }, faults: [{ fields: { name: 'f', type: 'latency' } }] }],
      faults: [{ proxy: 'b', faults: [] }],
      profiles: [{ name: 'p', text: 'faults: []\n' }],
      active: [{ name: 'p', vars: { a: 1, b: 'text', c: true } }],
    }
    const text = stateText({
      halted: JSON.stringify(state.halted),
      proxies: list(state.proxies),
      faults: list(state.faults),
      profiles: list(state.profiles),
      active: list(state.active),
    })
    expect(readState(text)).toEqual({ state: { format: 'foulweather-state', version: 1, ...state } })
  })

  test('is damaged wherever it ends too early', () => {
    const text = stateText({ ...EMPTY, proxies: [JSON.stringify({ fields: { name: 'a' }, faults: [] })] })
    // The last line end alone is no loss.
    const lengths = Array.from({ length: text.length - 1 }, (_, length) => length)
    expect(lengths.filter((length) => !('damage' in readState(text.slice(0, length))))).toEqual([])
  })
})

describe('what cannot be understood', () => {
  const good = JSON.parse(stateText(EMPTY)) as Record<string, unknown>
  test.each([
    ['', 'it is not JSON, or ends too early'],
    ['\0\0\0\0', 'it is not JSON, or ends too early'],
    ['null', 'it is not the state of foulweather'],
    ['[]', 'it is not the state of foulweather'],
    ['{"format":"other","version":1}', 'it is not the state of foulweather'],
    [JSON.stringify({ ...good, version: 2 }), 'it is of version 2, and this server reads version 1'],
    [JSON.stringify({ ...good, version: 'x'.repeat(1000) }), expect.stringMatching(/^it is of version "x{39}, and/)],
    [JSON.stringify({ ...good, proxies: 'none' }), 'proxies is not as this server writes it'],
    [
      JSON.stringify({ ...good, proxies: [{ fields: { name: 'a' }, faults: [{ fields: { type: 'secret' } }] }] }),
      'proxies[0].faults[0].fields.name is not as this server writes it',
    ],
  ])('%j', (text, damage) => {
    expect(readState(text)).toEqual({ damage })
  })
})

test('attributes of toxics keep their 64 bits', () => {
  const attributes = { latency: 9_223_372_036_854_775_807n, jitter: -5n, rate: 0.1 }
  const stored = storedToxic({ stream: 'UpStream', toxicity: 1.5, attributes })
  const { toxicity, stream } = stored
  expect({ toxicity, stream }).toEqual({ toxicity: 1.5, stream: 'UpStream' })
  const read = JSON.parse(JSON.stringify(stored)) as typeof stored
  expect(toxicAttributes(read)).toEqual(attributes)
})
