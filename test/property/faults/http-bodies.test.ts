import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'
import { responseOf } from '../../support/http-body.ts'

/** A body in pieces, whose length the head may have announced, and a place in it. */
interface Body {
  readonly pieces: readonly { readonly size: number; readonly pause: number }[]
  readonly announced: boolean
  readonly place: number | string
}

const bodies: fc.Arbitrary<Body> = fc.record({
  pieces: fc.array(fc.record({ size: fc.integer({ min: 1, max: 500 }), pause: fc.nat(50) }), { maxLength: 8 }),
  announced: fc.boolean(),
  place: fc.oneof(
    fc.nat(2500),
    fc.double({ min: 0, max: 100, noNaN: true }).map((share) => `${share.toFixed(2)}%`),
  ),
})

function totalOf({ pieces }: Body): number {
  return pieces.reduce((sum, { size }) => sum + size, 0)
}

/** Where the place is, by the words of the docs; `undefined` = the fault does nothing. */
function expectedPlace(body: Body): number | undefined {
  const { pieces, announced, place } = body
  const total = totalOf(body)
  const whole = announced ? total : (pieces[0]?.size ?? 0)
  const bytes = typeof place === 'number' ? place : Math.floor((Number(place.slice(0, -1)) / 100) * whole)
  return (announced ? bytes < total : bytes <= total) ? bytes : undefined
}

function play(type: string, params: Readonly<Record<string, unknown>>, body: Body): FaultChain {
  const message = responseOf(body.announced ? totalOf(body) : undefined)
  const chain = new FaultChain([{ type, params }], { message })
  for (const { size, pause } of body.pieces) {
    chain.send(size)
    chain.advanceTo(chain.clock.now() + pause)
  }
  chain.end()
  chain.advanceTo(1e9)
  chain.verify()
  return chain
}

test('a body is cut exactly at the place, wherever that is and however the body comes, or is whole', () => {
  const cases = fc.property(bodies, fc.constantFrom('close', 'reset'), (body, how) => {
    const chain = play('http_truncate', { at: body.place, how }, body)
    const place = expectedPlace(body)
    expect(chain.output).toHaveLength(place ?? totalOf(body))
    expect(chain.output.equals(chain.input.subarray(0, chain.output.length))).toBe(true)
    expect(chain.lines.at(-1)).toMatch(place === undefined ? /^end/ : how === 'close' ? /^destroy/ : /^reset-client/)
    expect(chain.applied('http_truncate') > 0).toBe(place !== undefined)
  })
  fc.assert(cases, { numRuns: 500 })
})

test('what lies behind the place of a stall hangs, and nothing else; when the fault goes, the body is whole', () => {
  const cases = fc.property(bodies, (body) => {
    const chain = play('http_stall', { at: 'body', after: body.place }, body)
    const place = expectedPlace(body)
    expect(chain.output).toHaveLength(place ?? totalOf(body))
    expect(chain.waits).toBe(place !== undefined)
    chain.set()
    expect(chain.output.equals(chain.input)).toBe(true)
    expect(chain.lines.at(-1)).toMatch(/^end/)
  })
  fc.assert(cases, { numRuns: 500 })
})
