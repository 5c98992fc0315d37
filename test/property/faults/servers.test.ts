import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Servers, type Service } from '../../../src/faults/servers.ts'

interface Step {
  /** A job comes, or one of those there are is taken back. */
  readonly what: 'serve' | 'take back'
  readonly at: number
  readonly duration: number
  readonly which: number
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom('serve' as const, 'serve' as const, 'serve' as const, 'take back' as const),
    at: fc.nat(60),
    duration: fc.integer({ min: 1, max: 12 }),
    which: fc.nat(100),
  }),
  { maxLength: 60 },
)

/** The same by trying one millisecond after the other. */
function firstFree(services: readonly Service[], at: number, duration: number): number {
  let start = at
  while (services.some((one) => one.start < start + duration && start < one.end)) start++
  return start
}

/** What each job of the sequence is given, by the servers and by trying. `undefined` = turned away. */
function begins(all: readonly Step[]): readonly (readonly [number | undefined, number])[] {
  const servers = new Servers()
  servers.resize(1, 0)
  let services: readonly Service[] = []
  return all.flatMap(({ what, at, duration, which }) => {
    const taken = services[which % Math.max(1, services.length)]
    if (what === 'take back') {
      if (taken?.server.remove(taken) === false) throw new Error('forgotten')
      services = services.filter((one) => one !== taken)
      return []
    }
    const waiting = services.filter((one) => one.arrivedAt <= at && one.start > at).length
    const start = firstFree(services, at, duration)
    const service = servers.serve(at, duration, waiting + 1)
    if (service !== undefined) services = [...services, service]
    return [[service?.start, start] as const]
  })
}

test('a job begins at the first moment when a server has time for it, whatever came and went before', () => {
  const cases = fc.property(steps, (all) => {
    const given = begins(all)
    expect(given.map(([start]) => start)).toEqual(given.map(([, start]) => start))
  })
  fc.assert(cases, { numRuns: 500 })
})
