import { expect, test } from 'vitest'
import { FaultChain } from '../../support/fault-chain.ts'

test('everything passes at once, and nothing counts as applied', () => {
  const chain = new FaultChain([{ type: 'noop' }])
  chain.send('bytes')
  chain.end()
  chain.abort('reset')
  expect(chain.lines).toEqual(['"bytes" @ 0', 'end @ 0', 'reset @ 0 (client: reset)'])
  expect(chain.applied('noop')).toBe(0)
})
