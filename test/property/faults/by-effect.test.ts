import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Effect } from '../../../src/core/fault-factory.ts'
import { randomFor } from '../../../src/core/random.ts'
import type { FaultDefinition } from '../../../src/faults/define.ts'
import { effectOf, FAULTS, parseParams } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { FaultChain } from '../../support/fault-chain.ts'
import { arbitraryTraffic, play, type Traffic } from '../../support/traffic.ts'

/** What each fault must keep, whatever its parameters and the traffic, by the effect that it declares. */
interface Run {
  readonly definition: FaultDefinition
  readonly effect: Effect
  readonly chain: FaultChain
  readonly traffic: Traffic
  /** When each byte of the input came in. */
  readonly arrivals: readonly number[]
}

function everyRun(definition: FaultDefinition, check: (run: Run) => void): void {
  const cases = fc.property(arbitraryParams(definition), arbitraryTraffic, fc.integer(), (params, traffic, seed) => {
    const chain = new FaultChain([{ type: definition.type, params }], { randomOf: (name) => randomFor(seed, name) })
    const arrivals = play(chain, traffic)
    chain.verify()
    // Parameters may decide.
    const effect = effectOf(definition, parseParams(definition.type, params))
    check({ definition, effect, chain, traffic, arrivals })
  })
  fc.assert(cases, { numRuns: 150 })
}

function linesOf({ chain }: Run, word: string): number {
  return chain.lines.filter((line) => line.startsWith(word)).length
}

function isPrefix(part: Buffer, whole: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part)
}

function isSubsequence(part: Buffer, whole: Buffer): boolean {
  let found = 0
  for (const byte of whole) if (byte === part[found]) found++
  return found === part.length
}

/** Delivered bytes against when they came in; for effects that keep the beginning of the stream. */
function expectNeverEarly({ chain, arrivals }: Run): void {
  let position = 0
  for (const { bytes, at } of chain.delivered) {
    position += bytes.length
    expect(at).toBeGreaterThanOrEqual(arrivals[position - 1] ?? Infinity)
  }
}

function expectOneEnding(run: Run): void {
  const aborts = linesOf(run, 'destroy') + linesOf(run, 'reset') + linesOf(run, 'lose')
  expect(linesOf(run, 'end')).toBeLessThanOrEqual(1)
  expect(aborts).toBeLessThanOrEqual(1)
  expect(run.chain.over).toBe(aborts === 1)
  const last = run.chain.lines.at(-1) ?? ''
  if (aborts === 1) expect(last).toMatch(/^(destroy|reset|lose)/)
  else if (linesOf(run, 'end') === 1) expect(last).toMatch(/^end/)
}

/** The beginning of the stream arrives, never early, and then the session ends at most once. */
function expectEnding(run: Run): void {
  expect(isPrefix(run.chain.output, run.chain.input)).toBe(true)
  expectNeverEarly(run)
  expectOneEnding(run)
}

/**
 * All bytes arrive in order and never early; the peer's own ending follows them, unless bytes are held for ever. Only a queue
 * that is full may end the session before.
 */
function expectTiming(run: Run): void {
  const { chain, traffic } = run
  if (chain.records.some((record) => record.includes('queue-full'))) return expectEnding(run)
  expect(Buffer.concat([chain.output, chain.held]).equals(chain.input)).toBe(true)
  expectNeverEarly(run)
  expectOneEnding(run)
  // The end of a body may be held although no byte is: it has an end of its own that the client can see.
  const isHeld = run.definition.layer === 'http' ? chain.waits : chain.held.length > 0
  if (!isHeld) {
    expect(linesOf(run, 'end')).toBe(traffic.ending === 'end' ? 1 : 0)
    expect(linesOf(run, 'reset')).toBe(traffic.ending === 'reset' ? 1 : 0)
  }
  expect(linesOf(run, 'destroy')).toBe(0)
}

const KEEPS: Readonly<Record<Effect, (run: Run) => void>> = {
  timing: expectTiming,
  /** Bytes may change, but not how many there are. */
  content(run) {
    expect(run.chain.output.length + run.chain.held.length).toBe(run.chain.input.length)
    expectOneEnding(run)
  },
  loss(run) {
    expect(isSubsequence(run.chain.output, run.chain.input)).toBe(true)
    expectOneEnding(run)
  },
  ending: expectEnding,
}

const withStage = FAULTS.filter((definition) => definition.stage !== undefined)

describe.each(withStage.map((definition) => [definition.type, definition] as const))('%s', (_, definition) => {
  test(`keeps what a fault of effect ${definition.effect} must keep`, () => {
    expect.hasAssertions()
    everyRun(definition, (run) => KEEPS[run.effect](run))
  })

  test('counts as applied whenever something is not as it would be without', () => {
    expect.hasAssertions()
    everyRun(definition, (run) => {
      const plain = new FaultChain([])
      play(plain, run.traffic)
      const same = run.chain.lines.join() === plain.lines.join()
      expect(same || run.chain.applied(definition.type) > 0).toBe(true)
    })
  })

  test('does the same again with the same seed', () => {
    const cases = fc.property(arbitraryParams(definition), arbitraryTraffic, fc.integer(), (params, traffic, seed) => {
      const [first, second] = [0, 1].map(() => {
        const chain = new FaultChain([{ type: definition.type, params }], { randomOf: (name) => randomFor(seed, name) })
        play(chain, traffic)
        return chain.lines
      })
      expect(second).toEqual(first)
    })
    fc.assert(cases, { numRuns: 50 })
  })

  test('does nothing to a session that the draw has spared', () => {
    const cases = fc.property(arbitraryParams(definition), arbitraryTraffic, (params, traffic) => {
      const spared = new FaultChain([{ type: definition.type, params, selected: false }])
      const plain = new FaultChain([])
      play(spared, traffic)
      play(plain, traffic)
      expect(spared.lines).toEqual(plain.lines)
    })
    fc.assert(cases, { numRuns: 25 })
  })
})
