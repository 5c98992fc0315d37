import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomFor } from '../../../src/core/random.ts'
import { faultDefinition } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { FaultChain, type TestFault } from '../../support/fault-chain.ts'

/** Bytes that come at a time, cut in two ways. */
interface Arrival {
  readonly pause: number
  readonly size: number
  readonly cuts: readonly number[]
}

const arrivals: fc.Arbitrary<readonly Arrival[]> = fc.array(
  fc.record({
    pause: fc.nat(100),
    size: fc.integer({ min: 1, max: 400 }),
    cuts: fc.array(fc.integer({ min: 1, max: 399 }), { maxLength: 4 }),
  }),
  { maxLength: 6 },
)

function pieces({ size, cuts }: Arrival): readonly number[] {
  const ends = [...new Set(cuts.filter((cut) => cut < size)), size].toSorted((a, b) => a - b)
  return ends.map((end, index) => end - (ends[index - 1] ?? 0))
}

/** What comes out: the bytes, when each of them comes, and how it ends. */
function outcome(fault: TestFault, traffic: readonly Arrival[], cut: boolean, seed: number) {
  const chain = new FaultChain([fault], { randomOf: (name) => randomFor(seed, name) })
  const bytes = Buffer.from(Array.from({ length: 2400 }, (_, index) => index % 251))
  let sent = 0
  for (const arrival of traffic) {
    chain.advanceTo(chain.clock.now() + arrival.pause)
    for (const length of cut ? pieces(arrival) : [arrival.size]) {
      if (!chain.over) chain.send(bytes.subarray(sent, sent + length))
      sent += length
    }
  }
  chain.advanceTo(1e9)
  const times = chain.delivered.flatMap(({ bytes: some, at }) => Array.from(some, () => at))
  const endings = chain.lines.filter((line) => /^(destroy|reset|lose|end)/.test(line))
  return { bytes: chain.output.toString('latin1'), times, endings }
}

/**
 * How the kernel happens to cut a stream into reads is no part of what an application sends. These faults act on bytes, so that it must not
 * matter to them; others act on chunks (a delay that is drawn for each, a job of `overload`), and say so.
 */
const INDIFFERENT: Readonly<Record<string, (params: Record<string, unknown>) => Record<string, unknown>>> = {
  latency: ({ latency }) => ({ latency: latency ?? 20 }),
  stall: (params) => params,
  limit_data: (params) => params,
  blackhole: (params) => params,
  timeout: (params) => params,
  reset_peer: (params) => params,
  half_open: (params) => params,
  idle_kill: (params) => params,
  lifetime: (params) => params,
  corrupt: (params) => params,
  slow_close: (params) => params,
  http_stall: (params) => ({ ...params, at: 'body' }),
  http_truncate: (params) => params,
  http_reset: (params) => ({ ...params, at: 'mid_body', after: params['after'] ?? 100 }),
}

function definitionOf(type: string) {
  const definition = faultDefinition(type)
  if (definition === undefined) throw new Error(`no fault ${type}`)
  return definition
}

describe.each(Object.entries(INDIFFERENT))('%s', (type, fit) => {
  test('does the same to the same bytes however they are cut into chunks', () => {
    const cases = fc.property(arbitraryParams(definitionOf(type)), arrivals, fc.nat(), (params, traffic, seed) => {
      const fault = { type, params: fit(params) }
      expect(outcome(fault, traffic, true, seed)).toEqual(outcome(fault, traffic, false, seed))
    })
    fc.assert(cases, { numRuns: 100 })
  })
})

test('bandwidth has the last byte cross at the same time however the bytes are cut into chunks', () => {
  const rates = fc.oneof(fc.integer({ min: 10, max: 5000 }), fc.integer({ min: 10_000, max: 10_000_000 }))
  const cases = fc.property(rates, fc.nat(500), arrivals, (rate, burst, traffic) => {
    const [cut, whole] = [true, false].map((way) =>
      outcome({ type: 'bandwidth', params: { rate, burst } }, traffic, way, 1),
    )
    expect(cut?.bytes).toBe(whole?.bytes)
    expect(cut?.times.at(-1) ?? 0).toBeCloseTo(whole?.times.at(-1) ?? 0, 6)
  })
  fc.assert(cases, { numRuns: 200 })
})
