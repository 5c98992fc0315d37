import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FaultDefinition } from '../../../src/faults/define.ts'
import { effectOf, FAULTS, faultDefinition, parseParams } from '../../../src/faults/index.ts'
import { arbitraryParams } from '../../support/arbitrary-params.ts'
import { FaultChain, type TestFault } from '../../support/fault-chain.ts'

/** Something that happens to a live session. `place` picks among the faults there are. */
type Step =
  | { readonly do: 'send'; readonly size: number }
  | { readonly do: 'wait'; readonly time: number }
  | { readonly do: 'add'; readonly place: number; readonly fault: TestFault }
  | { readonly do: 'update'; readonly place: number; readonly params: number; readonly selected: boolean }
  | { readonly do: 'remove'; readonly place: number }
  | { readonly do: 'end' }

function arbitrarySteps(definitions: readonly FaultDefinition[]): fc.Arbitrary<Step[]> {
  const place = fc.nat(5)
  const fault = fc.constantFrom(...definitions).chain((definition) =>
    arbitraryParams(definition)
      .filter((params) => effectOf(definition, parseParams(definition.type, params)) === definition.effect)
      .map((params): TestFault => ({ type: definition.type, params })),
  )
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), size: fc.integer({ min: 1, max: 500 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), place, fault }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('update' as const), place, params: fc.nat(1000), selected: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), place }) },
  )
  const end: fc.Arbitrary<Step[]> = fc.constantFrom<Step[]>([], [{ do: 'end' }])
  // After the end no bytes come, but faults still change around what waits.
  const quiet = fc.array(step, { maxLength: 8 }).map((steps) => steps.filter((one) => one.do !== 'send'))
  return fc.tuple(fc.array(step, { maxLength: 25 }), end, quiet).map((parts) => parts.flat())
}

/** Plays the steps, as far as no end of the session is under way. Answers the chain. */
function playSteps(steps: readonly Step[], mayUnselect: (fault: TestFault) => boolean): FaultChain {
  const chain = new FaultChain([])
  let faults: readonly TestFault[] = []
  let added = 0
  const change = (next: readonly TestFault[]): void => {
    faults = next
    chain.set(...next)
  }
  for (const step of steps) {
    if (chain.over || chain.ending) break
    if (step.do === 'send') chain.send(step.size)
    else if (step.do === 'wait') chain.advanceTo(chain.clock.now() + step.time)
    else if (step.do === 'end') chain.end()
    else if (step.do === 'add') change(faults.toSpliced(step.place, 0, { ...step.fault, name: `fault ${added++}` }))
    else {
      const index = step.place % Math.max(1, faults.length)
      const fault = faults[index]
      if (fault === undefined) continue
      if (step.do === 'remove') change(faults.toSpliced(index, 1))
      else
        change(faults.with(index, { ...updated(fault, step.params), selected: step.selected || !mayUnselect(fault) }))
    }
  }
  chain.verify()
  return chain
}

/** The same fault with one parameter changed, perhaps to a value that fits it badly; as it was where that is refused. */
function updated(fault: TestFault, value: number): TestFault {
  const [name] = Object.keys(fault.params ?? {})
  if (name === undefined) return { ...fault }
  const params = { ...fault.params, [name]: value }
  return faultDefinition(fault.type)?.params.safeParse(params).success === true ? { ...fault, params } : { ...fault }
}

/** The others work on connections, not on their bytes. */
const staged = FAULTS.filter((definition) => definition.stage !== undefined)
const timing = staged.filter(({ effect }) => effect === 'timing')

test('no change of timing faults loses, doubles or reorders a byte, and the end comes last', () => {
  const cases = fc.property(arbitrarySteps(timing), (steps) => {
    const chain = playSteps(steps, () => true)
    // A queue that is full ends the session: what was let in goes before that, and nothing after it.
    const cut = chain.records.some((record) => record.includes('queue-full')) && (chain.over || chain.ending)
    const kept = Buffer.concat([chain.output, chain.held])
    expect(kept.equals(cut ? chain.input.subarray(0, kept.length) : chain.input)).toBe(true)
    chain.set()
    expect(chain.output.equals(kept)).toBe(true)
    const ended = !cut && steps.some((step) => step.do === 'end')
    expect(chain.lines.filter((line) => line.startsWith('end'))).toHaveLength(ended ? 1 : 0)
    expect(ended && chain.lines.at(-1)?.startsWith('end') !== true).toBe(false)
  })
  fc.assert(cases, { numRuns: 500 })
})

test('no change of any faults doubles or reorders a byte, and there is one end of the session', () => {
  const cases = fc.property(arbitrarySteps(staged), (steps) => {
    const chain = playSteps(steps, ({ type }) => timing.some((definition) => definition.type === type))
    chain.advanceTo(1e9)
    // Of bytes that were changed on purpose, only the number can be compared.
    const changed = steps.some((step) => step.do === 'add' && faultDefinition(step.fault.type)?.effect === 'content')
    let found = 0
    for (const byte of chain.input) if (changed || byte === chain.output[found]) found++
    expect(Math.min(found, chain.output.length)).toBe(chain.output.length)
    expect(chain.lines.filter((line) => /^(destroy|reset)/.test(line)).length).toBeLessThanOrEqual(1)
  })
  fc.assert(cases, { numRuns: 500 })
})
