import { describe, expect, it } from 'vitest'
import { compareOn, disagreements, newTally, report, streamOf } from '../../../support/http1/differential.ts'
import { KNOWN_DIFFERENCES } from '../../../support/http1/differences.ts'
import { readWithNode } from '../../../support/http1/node.ts'
import type { Outcome, ReadMessage, StreamCase } from '../../../support/http1/outcome.ts'
import { readWithOurs } from '../../../support/http1/ours.ts'

const SEED = 20_260
const STREAMS = 30_000

describe("the framers against Node's parser", () => {
  it('read 30 000 streams alike, but for known differences', { timeout: 120_000 }, () => {
    const tally = newTally()
    for (let index = 0; index < STREAMS; index++) {
      const found = compareOn(streamOf(SEED, index), tally)
      expect(found && `stream ${index}: ${report(found)}`).toBeUndefined()
    }
    // The streams are worth something: a good part of them is right, a good part is refused, and by nearly every rule and difference there is.
    expect(tally.streams).toBe(STREAMS)
    expect(tally.accepted).toBeGreaterThan(STREAMS / 3)
    expect(tally.refused).toBeGreaterThan(STREAMS / 4)
    expect(tally.messages).toBeGreaterThan((STREAMS * 2) / 3)
    expect(tally.rules.size).toBeGreaterThan(24)
    expect(tally.known.size).toBeGreaterThan(KNOWN_DIFFERENCES.length / 2)
  })

  it('makes the same streams of the same seed', () => {
    expect(streamOf(SEED, 7)).toEqual(streamOf(SEED, 7))
    expect(streamOf(SEED, 7).bytes.equals(streamOf(SEED, 8).bytes)).toBe(false)
    expect(streamOf(SEED, 7).bytes.equals(streamOf(SEED + 1, 7).bytes)).toBe(false)
  })

  it('notices when one reads otherwise', () => {
    const stream: StreamCase = {
      kind: 'request',
      bytes: Buffer.from(
        'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokGET /b HTTP/1.1\r\nHost: h\r\n\r\n',
      ),
      cuts: [],
      methods: [],
    }
    const ours = readWithOurs(stream)
    const node = readWithNode(stream)
    const changed = (change: Partial<ReadMessage>): Outcome => ({
      ...ours,
      messages: ours.messages.map((message, i) => (i === 1 ? { ...message, ...change } : message)),
    })
    const told = (outcome: Outcome): readonly string[] => [...disagreements(outcome, node)].map(({ what }) => what)
    expect(told(ours)).toEqual([])
    expect(told(changed({ line: 'GET /c' }))).toEqual(['line'])
    expect(told(changed({ fields: '' }))).toEqual(['fields'])
    expect(told(changed({ minor: 0 }))).toEqual(['minor'])
    expect(told(changed({ keepAlive: false }))).toEqual(['keepAlive'])
    expect(told(changed({ body: 'x' }))).toEqual(['extent'])
    expect(told(changed({ whole: false }))).toEqual(['extent'])
    expect(told({ ...ours, messages: ours.messages.slice(0, 1) })).toEqual(['extent'])
    expect(told({ ...ours, ending: 'cut' })).toEqual(['ending'])
    expect(told({ ...ours, ending: 'refused' })).toEqual(['ours refuses'])
    expect([...disagreements(ours, { ...node, ending: 'refused' })].map(({ what }) => what)).toEqual(['node refuses'])
  })
})

function heads({ messages }: Outcome): readonly ReadMessage[] {
  return messages.map((message) => ({ ...message, body: '' }))
}

describe('skipping a body', () => {
  it('comes to the same end as reading it', () => {
    for (let index = 0; index < 10_000; index++) {
      const stream = streamOf(SEED + 1, index)
      const read = readWithOurs(stream)
      const skipped = readWithOurs(stream, { skipBodies: true })
      expect(heads(skipped), `stream ${index}`).toEqual(heads(read))
      expect([skipped.ending, skipped.error]).toEqual([read.ending, read.error])
    }
  })
})
