import { describe, expect, test } from 'vitest'
import { readFault, type Fields } from '../../../src/control/fault-input.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import type { Protocol } from '../../../src/core/plan.ts'
import {
  commonFields,
  describeCommonFields,
  SHOWN_FIELDS,
  UNSUPPORTED_FIELDS,
} from '../../../src/faults/common-fields.ts'
import type { FaultDefinition } from '../../../src/faults/define.ts'
import { describeFault, FAULTS } from '../../../src/faults/index.ts'

function wanted(input: Fields, protocol?: Protocol) {
  return readFault(input, '', protocol).wanted
}

/** What the proxy of a fault of this type has to speak. */
function protocolFor({ layer }: Pick<FaultDefinition, 'layer'>): Protocol {
  return layer === 'http' ? 'http' : 'tcp'
}

function refusal(input: Fields, path?: string): FoulweatherError {
  try {
    readFault(input, path)
  } catch (error) {
    if (error instanceof FoulweatherError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(input)} was taken`)
}

const slow = (fields: Fields): Fields => ({ type: 'latency', latency: 100, ...fields })

describe('what is not given', () => {
  test('is absent, or the default of the type', () => {
    expect(readFault({ type: 'bandwidth', rate: '100KB/s' })).toEqual({
      wanted: {
        name: 'bandwidth_downstream',
        type: 'bandwidth',
        direction: 'downstream',
        probability: 1,
        params: expect.objectContaining({ rate: 100_000 }),
      },
      ttl: undefined,
    })
  })

  test('may be null', () => {
    expect(readFault(slow({ name: null, direction: null, probability: null, match: null, ttl: null }))).toEqual(
      readFault(slow({})),
    )
  })

  test('is left out where the default is written', () => {
    expect(
      wanted(
        slow({
          per: 'session',
          existing: 'apply',
          on_remove: 'release',
          match: {},
          schedule: {},
          limits: {},
          ramp: {},
        }),
      ),
    ).toEqual(wanted(slow({})))
  })

  test.each(FAULTS)('direction, draw and name of $type', (definition) => {
    const { type, directions, per } = describeFault(definition)
    const fault = wanted({ type, ...definition.example }, protocolFor(definition))
    expect(fault.direction).toBe(directions[0] ?? 'both')
    expect(fault.per).toBe(per[0] === 'session' ? undefined : per[0])
    expect(fault.name).toBe(directions.length > 1 ? `${type}_${directions[0]}` : type)
  })
})

test('everything at once, in base units', () => {
  expect(
    readFault({
      name: 'brown out',
      type: 'latency',
      latency: '250ms',
      jitter: 10,
      direction: 'both',
      probability: '30%',
      match: { client: '10.0.0.0/8', session: { skip: 1, first: 20, every: 3, max: 5 } },
      existing: 'skip',
      on_remove: 'reset',
      schedule: { after: '1s', for: 500, every: '2s' },
      ttl: '5m',
      limits: { max_active: 2, max_injections: 9 },
    }),
  ).toEqual({
    wanted: {
      name: 'brown out',
      type: 'latency',
      direction: 'both',
      probability: 0.3,
      match: { client: ['10.0.0.0/8'], session: { skip: 1, first: 20, every: 3, max: 5 } },
      existing: 'skip',
      onRemove: 'reset',
      schedule: { after: 1000, for: 500, every: 2000 },
      limits: { maxActive: 2, maxInjections: 9 },
      params: expect.objectContaining({ latency: 250, jitter: 10 }),
    },
    ttl: 300_000,
  })
})

test('what a fault is shown with can be sent back', () => {
  const shown = Object.fromEntries(SHOWN_FIELDS.map((field) => [field, { any: 'thing' }]))
  expect(readFault(slow(shown))).toEqual(readFault(slow({})))
})

test.each(FAULTS)(
  'the parameters of $type are read from what they were read to, and shadow nothing',
  ({ type, layer, params, example }) => {
    const protocol = protocolFor({ layer })
    const first = wanted({ type, ...example }, protocol)
    expect(wanted({ type, ...JSON.parse(JSON.stringify(first.params)) }, protocol).params).toEqual(first.params)
    const taken = new Set([...Object.keys(commonFields.shape), ...SHOWN_FIELDS, ...Object.keys(UNSUPPORTED_FIELDS)])
    expect(Object.keys(params.shape).filter((name) => taken.has(name))).toEqual([])
  },
)

describe('ramps', () => {
  test('the parameter begins where its ramp does', () => {
    const fault = wanted({ type: 'latency', ramp: { latency: { from: 0, to: '500ms', over: '1m' } } })
    expect(fault.ramp).toEqual({ latency: { from: 0, to: 500, over: 60_000 } })
    expect(fault.params).toMatchObject({ latency: 0 })
  })

  // zod drops this key of a record without a word: the fault was taken, without the ramp.
  test('a parameter that nobody has is refused, whatever it is called', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const ramp: unknown = JSON.parse(`{"${key}": {"from": 0, "to": 1, "over": 5}}`)
      expect(refusal(slow({ ramp }), 'faults[2]')).toMatchObject({
        code: 'invalid_value',
        field: `faults[2].ramp.${key}`,
        value: key,
      })
    }
  })

  test('a required parameter may be given by its ramp alone', () => {
    const fault = wanted({ type: 'bandwidth', ramp: { rate: { from: '1MB/s', to: '10KB/s', over: 1000 } } })
    expect(fault).toMatchObject({ params: { rate: 1e6 }, ramp: { rate: { from: 1e6, to: 1e4, over: 1000 } } })
  })

  test('the share can change, too', () => {
    const fault = wanted(slow({ ramp: { probability: { from: '0%', to: 1, over: 1000 } } }))
    expect(fault).toMatchObject({ probability: 0, ramp: { probability: { from: 0, to: 1, over: 1000 } } })
  })

  test('bytes and counts have nothing between whole ones', () => {
    const sizes = wanted({ type: 'limit_data', ramp: { bytes: { from: '1KiB', to: 1, over: 1000 } } })
    expect(sizes.ramp).toEqual({ bytes: { from: 1024, to: 1, over: 1000, whole: true } })
    const counts = wanted({ type: 'max_sessions', ramp: { max: { from: 10, to: 1, over: 1000 } } })
    expect(counts.ramp).toEqual({ max: { from: 10, to: 1, over: 1000, whole: true } })
  })

  test('a value beside its ramp may be the one that the ramp begins with', () => {
    const ramp = { latency: { from: '100ms', to: 5, over: 1000 } }
    expect(wanted(slow({ latency: '0.1s', ramp }))).toEqual(wanted({ type: 'latency', ramp }))
    expect(refusal(slow({ latency: 200, ramp }))).toMatchObject({
      field: 'latency',
      value: 200,
      message: 'latency: expected nothing beside its ramp, or 100, with which the ramp begins, got 200',
    })
    expect(refusal(slow({ probability: 1, ramp: { probability: { from: 0, to: 1, over: 1 } } }))).toMatchObject({
      field: 'probability',
    })
  })
})

describe('is refused', () => {
  test.each<[Fields, string, string]>([
    [{}, 'missing_field', 'type is missing: expected one of latency, '],
    [{ type: null }, 'missing_field', 'type is missing: expected one of latency, '],
    [{ type: 5 }, 'invalid_value', 'type: expected one of latency, '],
    [{ type: 'latencie' }, 'invalid_fault_type', 'there is no fault type "latencie"; did you mean "latency"?'],
    [{ type: '__proto__' }, 'invalid_fault_type', 'there is no fault type "__proto__"'],
    [{ type: 'bandwidth' }, 'missing_field', 'rate is missing: expected bytes per second or a rate'],
    [
      slow({ latency: 'soon' }),
      'invalid_value',
      'latency: expected milliseconds or a duration such as "250ms", "1.5s", "5m", got "soon"',
    ],
    [slow({ latncy: 1 }), 'invalid_value', 'latncy: latency has no such parameter; did you mean "latency"?'],
    [slow({ probabilty: 1 }), 'invalid_value', 'did you mean "probability"?'],
    [slow({ latncy: null }), 'invalid_value', 'latncy: latency has no such parameter'],
    [slow(JSON.parse('{"__proto__": 1}')), 'invalid_value', '__proto__: latency has no such parameter'],
    [slow({ constructor: 1 }), 'invalid_value', 'constructor: latency has no such parameter'],
    [slow({ name: '' }), 'invalid_value', 'name: expected a text that is not empty, got ""'],
    [slow({ name: 7 }), 'invalid_value', 'name: expected a text that is not empty, got 7'],
    [slow({ name: 'half \ud800' }), 'invalid_value', 'name: expected a text without halves of surrogate pairs'],
    [
      slow({ direction: 'sideways' }),
      'invalid_value',
      'direction: expected downstream or upstream or both, got "sideways"',
    ],
    [
      { type: 'connect_fail', direction: 'upstream' },
      'invalid_value',
      'direction: connect_fail takes both, not upstream',
    ],
    [
      slow({ probability: 1.5 }),
      'invalid_value',
      'probability: expected a share of 0 to 1 or a text such as "30%", got 1.5',
    ],
    [slow({ probability: -0.1 }), 'invalid_value', 'probability: expected a share of 0 to 1'],
    [slow({ probability: '130%' }), 'invalid_value', 'probability: expected a share of 0 to 1'],
    [slow({ per: 'byte' }), 'invalid_value', 'per: expected session or chunk or exchange, got "byte"'],
    [{ type: 'slow_close', per: 'chunk' }, 'invalid_value', 'per: slow_close draws per session, not per chunk'],
    [slow({ existing: 'keep' }), 'invalid_value', 'existing: expected apply or skip or reset, got "keep"'],
    [slow({ on_remove: 'drop' }), 'invalid_value', 'on_remove: expected release or reset, got "drop"'],
    [slow({ ttl: 0 }), 'invalid_value', 'ttl: expected a duration above 0'],
    [slow({ ttl: '9000h' }), 'invalid_value', 'ttl: expected a duration above 0, at most 8760h'],
    [slow({ ttl: 1e300 }), 'invalid_value', 'ttl: expected milliseconds or a duration'],
    [slow({ ttl: 'later' }), 'invalid_value', 'ttl: expected milliseconds or a duration'],
  ])('%j', (input, code, message) => {
    expect(refusal(input)).toMatchObject({ code, message: expect.stringContaining(message) as string })
  })

  test.each<[unknown, string]>([
    [
      'all',
      'match: expected an object with client, session, method, path, host, query, headers, status, sni, got "all"',
    ],
    [{ clients: '::1' }, 'match.clients: there is no such field; did you mean "client"?'],
    [{ client: 'db' }, 'match.client: expected an IP address or network'],
    [{ client: [] }, 'match.client: expected an IP address or network, or a list of 1 to 1000 of them, got []'],
    [{ client: Array.from({ length: 1001 }, () => '::1') }, 'a list of 1 to 1000 of them'],
    [{ client: ['10.0.0.1', '10.0.0.0/33'] }, 'match.client[1]: expected an IP address or a network'],
    [{ client: ['10.0.0.1', 5] }, 'match.client[1]: expected an IP address or a network'],
    [{ client: '10.0.0.1/08' }, 'match.client: expected'],
    [{ client: '010.0.0.1' }, 'match.client: expected'],
    [{ client: '10.0.0.1:80' }, 'match.client: expected'],
    [{ client: 'fe80::1%eth0' }, 'match.client: expected'],
    [{ client: '::1/129' }, 'match.client: expected'],
    [{ session: 3 }, 'match.session: expected an object with skip, first, every, max, got 3'],
    [{ session: { fist: 1 } }, 'match.session.fist: there is no such field; did you mean "first"?'],
    [{ session: { skip: -1 } }, 'match.session.skip: expected a whole number of 0 or more, got -1'],
    [{ session: { first: 0 } }, 'match.session.first: expected a whole number of 1 or more, got 0'],
    [{ session: { every: 1.5 } }, 'match.session.every: expected a whole number of 1 or more, got 1.5'],
    [{ session: { max: '2' } }, 'match.session.max: expected a whole number of 1 or more, got "2"'],
  ])('match %j', (match, message) => {
    expect(refusal(slow({ match }))).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining(message) as string,
    })
  })

  test.each<[unknown, string]>([
    ['daily', 'schedule: expected an object with after, for, every, got "daily"'],
    [{ after: -1 }, 'schedule.after: expected milliseconds or a duration'],
    [{ for: 0 }, 'schedule.for: expected a duration above 0'],
    [{ every: '10s' }, 'schedule.every: expected `for` beside it, got "10s"'],
    [{ for: '10s', every: '10s' }, 'schedule.every: expected more than `for` (10000 ms), got "10s"'],
    [{ until: 5 }, 'schedule.until: there is no such field (there are: after, for, every)'],
  ])('schedule %j', (schedule, message) => {
    expect(refusal(slow({ schedule }))).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining(message) as string,
    })
  })

  test.each<[unknown, string]>([
    [[], 'ramp: expected an object with a parameter for each key, got []'],
    [{ latency: 5 }, 'ramp.latency: expected an object with from, to, over, got 5'],
    [{ latency: { from: 1, over: 2 } }, 'ramp.latency.to is missing'],
    [{ latency: { from: 1, ot: 2, over: 2 } }, 'ramp.latency.ot: there is no such field'],
    [{ latency: { from: 1, to: 2, over: 0 } }, 'ramp.latency.over: expected a duration above 0'],
    [{ latency: { from: -1, to: 2, over: 1 } }, 'ramp.latency.from: expected milliseconds or a duration'],
    [{ latency: { from: 1, to: '2 parsecs', over: 1 } }, 'ramp.latency.to: expected milliseconds or a duration'],
    [
      { latncy: { from: 1, to: 2, over: 1 } },
      'ramp.latncy: latency has no number of that name that could change over time; did you mean "latency"?',
    ],
    [{ name: { from: 1, to: 2, over: 1 } }, 'ramp.name: latency has no number of that name'],
    [{ ttl: { from: 1, to: 2, over: 1 } }, 'ramp.ttl: latency has no number of that name'],
    [{ probability: { from: 0, to: 2, over: 1 } }, 'ramp.probability.to: expected a share of 0 to 1'],
  ])('ramp %j', (ramp, message) => {
    expect(refusal(slow({ ramp }))).toMatchObject({ message: expect.stringContaining(message) as string })
  })

  test.each<[unknown, string]>([
    [5, 'limits: expected an object with max_active, max_injections, max_share, max_added_delay, got 5'],
    [{ max_active: 0 }, 'limits.max_active: expected a whole number of 1 or more, got 0'],
    [{ max_injections: 2.5 }, 'limits.max_injections: expected a whole number of 1 or more, got 2.5'],
    [{ max_share: 2 }, 'limits.max_share: expected a share of 0 to 1'],
    [{ max_added_delay: 0 }, 'limits.max_added_delay: expected a duration above 0'],
    [{ maxActive: 2 }, 'limits.maxActive: there is no such field; did you mean "max_active"?'],
  ])('limits %j', (limits, message) => {
    expect(refusal(slow({ limits }))).toMatchObject({ message: expect.stringContaining(message) as string })
  })

  test.each(Object.entries(UNSUPPORTED_FIELDS))('the word %s, with what to do instead', (field, advice) => {
    expect(refusal(slow({ [field]: 1 }))).toMatchObject({
      code: 'invalid_value',
      field,
      message: `${field}: ${advice}`,
    })
  })

  test.each<[string, unknown]>([
    ['direction', 'both'],
    ['probability', 1],
    ['per', 'session'],
    ['match', {}],
    ['existing', 'apply'],
    ['on_remove', 'release'],
    ['limits', { max_active: 1 }],
    ['ramp', { probability: { from: 0, to: 1, over: 1 } }],
  ])('%s of a fault that acts on the whole proxy', (field, value) => {
    expect(refusal({ type: 'refuse', [field]: value })).toMatchObject({
      code: 'invalid_value',
      field: expect.stringMatching(`^${field}`) as string,
    })
  })

  test('naming the place that it was given', () => {
    expect(refusal({ type: 'bandwidth' }, 'faults[2]')).toMatchObject({ field: 'faults[2].rate' })
    expect(refusal({}, 'faults[2]')).toMatchObject({ field: 'faults[2].type' })
    expect(refusal(slow({ match: { client: 'x' } }), 'faults[2]')).toMatchObject({ field: 'faults[2].match.client' })
    expect(refusal(slow({ ramp: { x: { from: 1, to: 1, over: 1 } } }), 'faults[2]')).toMatchObject({
      field: 'faults[2].ramp.x',
    })
    expect(refusal(slow({ on: 'pg' }), 'faults[2]')).toMatchObject({ field: 'faults[2].on' })
  })
})

test.each([
  '10.0.0.1',
  '10.1.2.3/8',
  '0.0.0.0/0',
  '::1',
  '2001:db8::/32',
  '::/0',
  '2001:DB8::1',
  '::ffff:10.0.0.1/104',
])('the address or network %s is taken', (client) => {
  expect(wanted(slow({ match: { client } })).match).toEqual({ client: [client] })
  expect(wanted(slow({ match: { client: [client, '::2'] } })).match).toEqual({ client: [client, '::2'] })
})

test('a schedule may go on for ever, or come once', () => {
  expect(wanted(slow({ schedule: { after: '5s' } })).schedule).toEqual({ after: 5000 })
  expect(wanted(slow({ schedule: { for: '5s' } })).schedule).toEqual({ for: 5000 })
})

test('the published shape has every field, and says what each one is', () => {
  const { properties = {}, required } = describeCommonFields()
  expect(Object.keys(properties)).toEqual(Object.keys(commonFields.shape))
  expect(required).toEqual(['type'])
  for (const schema of Object.values(properties)) expect(schema).toHaveProperty('description')
})
