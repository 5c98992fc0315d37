import { describe, expect, test } from 'vitest'
import type { ClientHello } from '../../../src/core/handshake.ts'
import { describeFault, faultDefinition, faultFactory, parseParams } from '../../../src/faults/index.ts'
import { HandshakeFault } from '../../support/handshake-fault.ts'
import { ManualRandom } from '../../support/manual-random.ts'

const TYPES = ['tls_delay', 'tls_stall', 'tls_cut', 'tls_alert', 'tls_certificate', 'tls_version', 'tls_alpn']

function known(type: string) {
  const definition = faultDefinition(type)
  if (definition === undefined) throw new Error(`no fault ${type}`)
  return definition
}

function warningsOf(type: string, params: Readonly<Record<string, unknown>>): readonly string[] {
  return known(type).warnings?.(parseParams(type, params)) ?? []
}

/** Whose draws are all the same. */
function drawn(draw: number): HandshakeFault {
  return new HandshakeFault('tls_delay', () => new ManualRandom(draw))
}

describe.each(TYPES)('%s', (type) => {
  const definition = known(type)

  test('works on handshakes alone, once per session', () => {
    expect(describeFault(definition)).toMatchObject({
      layer: 'tls',
      directions: ['both'],
      per: ['session'],
      toxic: null,
    })
    for (const hook of ['stage', 'connect', 'door', 'request', 'response']) expect(definition).not.toHaveProperty(hook)
    const plan = {
      name: 'x',
      type,
      direction: 'both',
      probability: 1,
      params: {},
      owner: 'api',
      revision: 0,
      draw: 0,
    } as const
    expect(faultFactory.hasHandshake(plan)).toBe(true)
    expect(faultFactory.level(plan)).toBe('session')
  })

  test('says the same when it is asked again, and leaves counting and recording to the engine', () => {
    const fault = new HandshakeFault(type)
    const verdict = fault.handshake(definition.example)
    expect(verdict).toBeDefined()
    expect(fault.handshake(definition.example)).toEqual(verdict)
    expect(fault.counters).toEqual({ seen: 0, selected: 0, applied: 0 })
    expect(fault.records).toEqual([])
  })
})

describe('what becomes of a handshake', () => {
  const only12 = { versions: { min: 'TLSv1.2', max: 'TLSv1.2' } }
  const only13 = { versions: { min: 'TLSv1.3', max: 'TLSv1.3' } }

  test.each<[string, Readonly<Record<string, unknown>>, Partial<ClientHello>, unknown]>([
    ['tls_delay', { delay: '800ms' }, {}, { wait: 800 }],
    ['tls_delay', { delay: 0 }, {}, undefined],
    ['tls_stall', {}, {}, { wait: Infinity }],
    ['tls_cut', {}, {}, { wait: 0, instead: 'close' }],
    ['tls_cut', { after: '1.5s', how: 'reset' }, {}, { wait: 1500, instead: 'reset' }],
    ['tls_alert', {}, {}, { wait: 0, instead: { alert: 80 } }],
    ['tls_alert', { alert: 'handshake_failure', after: 20 }, {}, { wait: 20, instead: { alert: 40 } }],
    ['tls_alert', { alert: 112 }, {}, { wait: 0, instead: { alert: 112 } }],
    ['tls_alert', { alert: '112' }, {}, { wait: 0, instead: { alert: 112 } }],
    ['tls_alert', { alert: 0 }, {}, { wait: 0, instead: { alert: 0 } }],
    ['tls_alert', { alert: 255 }, {}, { wait: 0, instead: { alert: 255 } }],
    ['tls_certificate', { flaw: 'expired' }, {}, { certificate: 'expired' }],
    ['tls_certificate', { flaw: 'wrong_name' }, { servername: undefined }, { certificate: 'wrong_name' }],
    ['tls_version', { versions: '1.2' }, {}, only12],
    ['tls_version', { versions: 1.2 }, { version: 0x0303 }, only12],
    ['tls_version', { versions: '1.2' }, { version: 0x0302 }, { instead: { alert: 70 } }],
    ['tls_version', { versions: 1.3 }, {}, only13],
    ['tls_version', { versions: '1.3' }, { version: 0x0305 }, only13],
    ['tls_version', { versions: '1.3' }, { version: 0x0303 }, { instead: { alert: 70 } }],
    ['tls_version', { versions: 'refuse' }, {}, { instead: { alert: 70 } }],
    ['tls_alpn', {}, {}, { instead: { alert: 120 } }],
    ['tls_alpn', {}, { alpn: [] }, undefined],
    ['tls_alpn', { protocols: ['http/1.1'] }, {}, { alpn: ['http/1.1'] }],
    ['tls_alpn', { protocols: ['h3', 'http/1.1'] }, {}, { alpn: ['h3', 'http/1.1'] }],
    ['tls_alpn', { protocols: ['http/1.1'] }, { alpn: ['h2'] }, { instead: { alert: 120 } }],
    ['tls_alpn', { protocols: ['http/1.1'] }, { alpn: [] }, undefined],
  ])('%s %j, hello %j', (type, params, hello, verdict) => {
    expect(new HandshakeFault(type).handshake(params, hello)).toEqual(verdict)
  })

  test('the jitter of tls_delay makes it that much shorter or longer, and never negative', () => {
    const params = { delay: 100, jitter: 50 }
    expect([0, 0.25, 0.5, 0.75].map((draw) => drawn(draw).handshake(params)?.wait)).toEqual([50, 75, 100, 125])
    expect(drawn(0).handshake({ delay: 100, jitter: 300 })).toBeUndefined()
    expect(drawn(0.75).handshake({ delay: 0, jitter: 300 })).toEqual({ wait: 150 })
  })
})

test('warnings', () => {
  expect(warningsOf('tls_delay', { delay: 0 })).toEqual(['it delays nothing: delay is 0'])
  expect(warningsOf('tls_delay', { delay: 0, jitter: 1 })).toEqual([])
  for (const alert of [40, 'unknown_ca', '121']) expect(warningsOf('tls_alert', { alert })).toEqual([])
  for (const alert of ['close_notify', 90]) expect(warningsOf('tls_alert', { alert })[0]).toContain('is no error')
  for (const alert of [199, '41'])
    expect(warningsOf('tls_alert', { alert })[0]).toContain(`no alert has the number ${alert}`)
})

describe('what is refused', () => {
  test.each([
    ['tls_delay', {}, 'delay is missing: expected milliseconds or a duration'],
    ['tls_stall', { delay: 5 }, 'tls_stall has no such parameter'],
    ['tls_cut', { how: 'hang' }, 'how: expected close or reset, got "hang"'],
    ['tls_alert', { alert: 256 }, 'alert: expected a number of 0 to 255, or one of close_notify,'],
    ['tls_alert', { alert: -1 }, 'got -1'],
    ['tls_alert', { alert: 1.5 }, 'got 1.5'],
    ['tls_alert', { alert: '256' }, 'got "256"'],
    ['tls_alert', { alert: '' }, 'got ""'],
    ['tls_alert', { alert: 'constructor' }, 'got "constructor"'],
    ['tls_alert', { alert: ['handshake_failure'] }, 'alert: expected a number of 0 to 255, or one of'],
    ['tls_certificate', {}, 'flaw is missing: expected one of expired, not_yet_valid, self_signed, wrong_name'],
    ['tls_certificate', { flaw: 'revoked' }, 'flaw: expected one of expired, not_yet_valid, self_signed, wrong_name'],
    ['tls_version', {}, 'versions is missing: expected one of 1.2, 1.3, refuse'],
    ['tls_version', { versions: '1.1' }, 'versions: expected one of 1.2, 1.3, refuse, got "1.1"'],
    ['tls_version', { versions: 1.1 }, 'versions: expected one of 1.2, 1.3, refuse, got 1.1'],
    ['tls_alpn', { protocols: [] }, 'protocols: expected a list of 1 to 16 names of protocols'],
    ['tls_alpn', { protocols: Array(17).fill('h2') }, 'protocols: expected a list of 1 to 16 names of protocols'],
    ['tls_alpn', { protocols: 'h2' }, 'protocols: expected a list of 1 to 16 names of protocols'],
    ['tls_alpn', { protocols: ['h2', ''] }, 'protocols[1]: expected the name of a protocol'],
    ['tls_alpn', { protocols: ['x'.repeat(256)] }, 'protocols[0]: expected the name of a protocol'],
    ['tls_alpn', { protocols: ['h\r\n2'] }, 'protocols[0]: expected the name of a protocol'],
  ])('%s %j', (type, params, message) => {
    expect(() => parseParams(type, params)).toThrow(message)
  })
})
