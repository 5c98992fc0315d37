import { expect, test } from 'vitest'
import { LINK_PRESET_NAMES, LINK_PRESETS, type LinkFigures } from '../../../../src/faults/models/link-presets.ts'

test('the list of names is the table', () => {
  expect([...LINK_PRESET_NAMES].sort()).toEqual(Object.keys(LINK_PRESETS).sort())
})

test.each(LINK_PRESET_NAMES.map((name): [string, LinkFigures] => [name, LINK_PRESETS[name]]))(
  '%s has figures that a link can have, and no faster way up than down',
  (_, { rtt, rateDown = Infinity, rateUp = Infinity, loss }) => {
    expect(rtt).toBeGreaterThan(0)
    expect(rateUp).toBeGreaterThan(0)
    expect(rateDown).toBeGreaterThanOrEqual(rateUp)
    expect(loss).toBeGreaterThanOrEqual(0)
    expect(loss).toBeLessThanOrEqual(1)
  },
)
