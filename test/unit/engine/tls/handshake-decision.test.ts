import { expect, test } from 'vitest'
import { ANSWERED_AT_ONCE, combineHandshake } from '../../../../src/engine/tls/handshake-decision.ts'
import type { HandshakeVerdict } from '../../../../src/core/handshake.ts'

function all(...verdicts: readonly HandshakeVerdict[]) {
  let decision = ANSWERED_AT_ONCE
  verdicts.forEach((verdict, index) => {
    decision = combineHandshake(decision, verdict, { origin: 'injected', reason: `fault ${index}` })
  })
  return decision
}

test('waits add up', () => {
  expect(all({ wait: 10 }, {}, { wait: 5 })).toEqual({ wait: 15 })
  expect(all({ wait: 10 }, { wait: Infinity })).toEqual({ wait: Infinity })
})

test('of everything else the first to ask for it decides, one by one', () => {
  const versions = { min: 'TLSv1.2', max: 'TLSv1.2' } as const
  const decision = all(
    { certificate: 'expired' },
    { certificate: 'self_signed', versions, instead: 'close' },
    { instead: 'reset', alpn: ['h2'], wait: 3 },
  )
  expect(decision).toEqual({
    wait: 3,
    certificate: 'expired',
    versions,
    alpn: ['h2'],
    instead: { how: 'close', ending: { origin: 'injected', reason: 'fault 1' } },
    blame: { origin: 'injected', reason: 'fault 0' },
  })
})

test('to blame is who changes the answer, not who only delays it', () => {
  expect(all({ wait: 5 }, { alpn: [] })).toMatchObject({ blame: { reason: 'fault 1' } })
  expect(all({ wait: 5 }, { instead: { alert: 40 } })).not.toHaveProperty('blame')
})
