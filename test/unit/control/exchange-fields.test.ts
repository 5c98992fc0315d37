import { describe, expect, test } from 'vitest'
import { fieldsOf, patchedFields } from '../../../src/control/fault-fields.ts'
import { readFault, readFaultOf, type Fields } from '../../../src/control/fault-input.ts'
import { toxicViewOf } from '../../../src/control/toxic-view.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import type { FaultPlan, Protocol } from '../../../src/core/plan.ts'
import { faultDefinition, FAULTS } from '../../../src/faults/index.ts'

function read(input: Fields, protocol: Protocol = 'http') {
  return readFault(input, '', protocol).wanted
}

function refusal(input: Fields, protocol: Protocol = 'http'): FoulweatherError {
  try {
    readFault(input, '', protocol)
  } catch (error) {
    if (error instanceof FoulweatherError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(input)} was taken`)
}

const onBodies = (fields: Fields = {}): Fields => ({ type: 'latency', latency: 100, part: 'body', ...fields })
const error = (fields: Fields = {}): Fields => ({ type: 'http_error', status: 503, ...fields })

function planOf(input: Fields): FaultPlan {
  return { ...read(input), owner: 'api', revision: 1, draw: 0 }
}

const EVERYTHING = {
  match: {
    client: '10.0.0.0/8',
    session: { every: 2 },
    method: ['get', 'POST'],
    path: '/api/*',
    host: ['*.Example.com', '/Shop/'],
    query: { id: '/^[0-9]+$/', debug: null },
    headers: { 'X-User': 'b*', 'x-canary': null },
    status: [503, '4xx', '500-502', '599'],
    sni: 'API.example.com',
  },
  exclude: { path: ['/api/health', '/api/ready'], status: 404 },
  count: { skip: 1, first: 10, every: 2, max: 3 },
  sticky_by: 'header:X-User',
}

test('everything at once, in the words of a plan', () => {
  expect(read(onBodies(EVERYTHING))).toEqual({
    name: 'latency_downstream',
    type: 'latency',
    direction: 'downstream',
    probability: 1,
    per: 'exchange',
    part: 'body',
    match: {
      client: ['10.0.0.0/8'],
      session: { every: 2 },
      method: ['GET', 'POST'],
      path: ['/api/*'],
      host: ['*.example.com', '/Shop/i'],
      query: { id: '/^[0-9]+$/', debug: null },
      headers: { 'x-user': 'b*', 'x-canary': null },
      status: [
        [503, 503],
        [400, 499],
        [500, 502],
        [599, 599],
      ],
      sni: ['api.example.com'],
    },
    exclude: { path: ['/api/health', '/api/ready'], status: [[404, 404]] },
    count: { skip: 1, first: 10, every: 2, max: 3 },
    stickyBy: { kind: 'header', name: 'x-user' },
    params: expect.objectContaining({ latency: 100 }) as unknown,
  })
})

test('what is shown is read to the same plan', () => {
  const outcomes = [{ weight: 1, jitter: 5 }, { weight: 2, pass: true }, { weight: 0.5 }]
  for (const input of [
    onBodies({ ...EVERYTHING, outcomes }),
    onBodies({ per: 'session' }),
    error(),
    error(EVERYTHING),
  ]) {
    const plan = planOf(input)
    const shown = JSON.parse(JSON.stringify(fieldsOf(plan))) as Fields
    expect(planOf(shown)).toEqual(plan)
    expect(planOf(patchedFields(plan, {}))).toEqual(plan)
  }
  const { match, sticky_by } = fieldsOf(planOf(onBodies(EVERYTHING)))
  expect(match).toMatchObject({ status: [503, '4xx', '500-502', 599], headers: { 'x-user': 'b*' } })
  expect(sticky_by).toBe('header:x-user')
})

test('what is given takes the place of what is there, and null takes it away', () => {
  const plan = planOf(onBodies(EVERYTHING))
  const changed = planOf(
    patchedFields(plan, { count: null, exclude: null, sticky_by: 'client', match: { path: '/x' } }),
  )
  expect(changed).toEqual({
    ...planOf(onBodies()),
    match: { path: ['/x'] },
    stickyBy: { kind: 'client' },
  })
})

test('empty fields say nothing', () => {
  expect(read(onBodies({ match: {}, exclude: {}, count: {}, sticky_by: null, outcomes: null }))).toEqual(
    read(onBodies()),
  )
})

describe('what is drawn for', () => {
  test('is the exchange, or the session', () => {
    expect(read(onBodies()).per).toBe('exchange')
    expect(read(onBodies({ per: 'session' })).per).toBe('session')
    expect(read(error()).per).toBe('exchange')
    expect(read(error({ per: 'session' })).per).toBe('session')
    expect(refusal(onBodies({ per: 'chunk' })).message).toBe(
      'per: latency with part: body draws per exchange or session, not per chunk',
    )
  })

  test('is not said of a fault on connections', () => {
    expect(read({ type: 'latency', latency: 1, part: 'connection' })).toEqual(
      read({ type: 'latency', latency: 1 }, 'tcp'),
    )
  })
})

test('of bodies, those of responses are meant unless something else is said', () => {
  expect(read({ type: 'blackhole', part: 'body' })).toMatchObject({
    direction: 'downstream',
    name: 'blackhole_downstream',
  })
  expect(read({ type: 'blackhole', part: 'body', direction: 'both' }).direction).toBe('both')
  expect(read({ type: 'blackhole' }).direction).toBe('both')
})

describe('outcomes', () => {
  test('are the fault with what they change', () => {
    const outcomes = [
      { weight: 1, latency: '1s' },
      { weight: 3, jitter: 7 },
      { weight: 6, pass: true },
    ]
    const { outcomes: read_, params } = read(onBodies({ jitter: 5, outcomes }))
    expect(params).toMatchObject({ latency: 100, jitter: 5 })
    expect(read_).toEqual([
      { weight: 1, params: { ...params, latency: 1000 }, own: ['latency'] },
      { weight: 3, params: { ...params, jitter: 7 }, own: ['jitter'] },
      { weight: 6, params: undefined },
    ])
  })

  test('may say all that is needed, then the fault does not have to', () => {
    const outcomes = [
      { weight: 1, pass: true },
      { weight: 1, status: 500, body: 'x' },
      { weight: 1, status: 503 },
    ]
    const plan = planOf({ type: 'http_error', outcomes })
    expect(plan.params).toMatchObject({ status: 500, body: 'x' })
    expect(plan.outcomes?.[2]?.params).not.toHaveProperty('body')
    expect(fieldsOf(plan)['outcomes']).toEqual([...outcomes.slice(0, 2), { weight: 1, status: 503, body: null }])
    expect(planOf(JSON.parse(JSON.stringify(fieldsOf(plan))) as Fields)).toEqual(plan)
    expect(planOf(patchedFields(plan, { status: 502 })).outcomes?.map(({ params }) => params?.['status'])).toEqual([
      undefined,
      500,
      503,
    ])
  })

  test('follow the fault in what they do not say themselves', () => {
    const plan = planOf(
      error({
        body: 'x',
        outcomes: [
          { weight: 1, status: 500 },
          { weight: 1, body: null },
        ],
      }),
    )
    expect(fieldsOf(plan)['outcomes']).toEqual([
      { weight: 1, status: 500 },
      { weight: 1, body: null },
    ])
    expect(planOf(patchedFields(plan, { status: 502, body: 'y' })).outcomes?.map(({ params }) => params)).toEqual([
      { status: 500, body: 'y', forward: 'never' },
      { status: 502, forward: 'never' },
    ])
  })

  test('take a parameter of the fault away with null', () => {
    const { outcomes } = read(error({ body: 'x', outcomes: [{ weight: 1, body: null, body_base64: 'eA==' }] }))
    expect(outcomes?.[0]?.params).toEqual({ status: 503, body_base64: 'eA==', forward: 'never' })
  })

  test.each<[unknown, string]>([
    [[], 'outcomes: expected a list of 1 to 100 objects with a weight'],
    [{}, 'outcomes: expected a list of 1 to 100 objects with a weight'],
    [[5], 'outcomes[0]: expected a list of 1 to 100 objects with a weight'],
    [Array.from({ length: 101 }, () => ({ weight: 1 })), 'outcomes: expected a list of 1 to 100'],
    [[{ latency: 5 }], 'outcomes[0].weight is missing: expected a weight above 0, at most 1000000'],
    [[{ weight: 1 }, { weight: 0 }], 'outcomes[1].weight: expected a weight above 0, at most 1000000, got 0'],
    [[{ weight: 1e7 }], 'outcomes[0].weight: expected a weight above 0'],
    [[{ weight: 1, pass: false }], 'outcomes[0].pass: expected true, or nothing, got false'],
    [[{ weight: 1, pass: true, latency: 5 }], 'outcomes[0].latency: expected nothing beside `pass: true`, got 5'],
    [[{ weight: 1, latncy: 5 }], 'outcomes[0].latncy: latency has no such parameter; did you mean "latency"?'],
    [[{ weight: 1, latncy: null }], 'outcomes[0].latncy: latency has no such parameter; did you mean "latency"?'],
    [[{ weight: 1, latency: 'soon' }], 'outcomes[0].latency: expected milliseconds or a duration'],
    [[{ weight: 1, probability: 1 }], 'outcomes[0].probability: latency has no such parameter'],
    [[JSON.parse('{"weight": 1, "__proto__": 1}')], 'outcomes[0].__proto__: expected a parameter'],
  ])('%j', (outcomes, message) => {
    expect(refusal(onBodies({ outcomes })).message).toContain(message)
  })

  test('stand still: beside them the probability alone can change', () => {
    const ramp = { latency: { from: 1, to: 2, over: 1 } }
    expect(refusal({ type: 'latency', part: 'body', ramp, outcomes: [{ weight: 1 }] })).toMatchObject({
      field: 'ramp.latency',
    })
    expect(
      read(onBodies({ ramp: { probability: { from: 0, to: 1, over: 1 } }, outcomes: [{ weight: 1 }] })),
    ).toMatchObject({ probability: 0 })
  })
})

describe('on a proxy with protocol tcp', () => {
  test.each<[Fields, string]>([
    [error(), 'type: http_error works on exchanges of HTTP'],
    [onBodies(), 'part: only messages of HTTP have bodies'],
    [{ type: 'noop', match: { path: '/x' } }, 'match.path: it is about exchanges of HTTP'],
    [{ type: 'noop', match: { status: '5xx' } }, 'match.status: it is about exchanges of HTTP'],
    [{ type: 'noop', exclude: { client: '::1' } }, 'exclude: it is about exchanges of HTTP'],
    [{ type: 'noop', count: { first: 1 } }, 'count: it is about exchanges of HTTP'],
    [{ type: 'noop', sticky_by: 'client' }, 'sticky_by: it is about exchanges of HTTP'],
    [{ type: 'noop', outcomes: [{ weight: 1 }] }, 'outcomes: it is about exchanges of HTTP'],
    [{ type: 'noop', per: 'exchange' }, 'per: it is about exchanges of HTTP'],
  ])('%j is refused', (input, message) => {
    const { message: text, code, expected } = refusal(input, 'tcp')
    expect({ text, code, expected }).toEqual({
      text: `${message}: the proxy has to have protocol http, and has tcp`,
      code: 'invalid_value',
      expected: 'a proxy with protocol http',
    })
  })

  test('the name of TLS can be asked for', () => {
    expect(read({ type: 'noop', match: { sni: ['*.Example.com'] } }, 'tcp').match).toEqual({ sni: ['*.example.com'] })
  })
})

describe('is refused', () => {
  test.each<[Fields, string]>([
    [
      { type: 'latency', latency: 1, match: { path: '/x' } },
      'match.path: it is about exchanges of HTTP, and latency works on connections; with part: body latency works on the bodies of messages',
    ],
    [{ type: 'hang', count: { max: 1 } }, 'count: it is about exchanges of HTTP, and hang works on connections'],
    [{ type: 'hang', part: 'body' }, 'part: hang does nothing to bytes: it takes no part'],
    [{ type: 'half_open', part: 'body' }, 'part: half_open does nothing to bytes: it takes no part'],
    [{ type: 'refuse', outcomes: [{ weight: 1 }] }, 'outcomes: refuse acts on the whole proxy'],
    [error({ part: 'body' }), 'part: http_error works on exchanges: it takes no part'],
    [error({ part: 'connection' }), 'part: http_error works on exchanges: it takes no part'],
    [error({ existing: 'skip' }), 'existing: it is decided upon for each exchange'],
    [onBodies({ on_remove: 'reset' }), 'on_remove: it is decided upon for each exchange'],
    [
      error({ per: 'session', sticky_by: 'client' }),
      'sticky_by: exchanges draw for themselves only with per: exchange',
    ],
    [
      { type: 'http_latency', latency: 1, match: { status: 503 }, phase: 'request' },
      'match.status: it asks for the status of the response, and http_latency with these parameters acts before there is one; with phase: response it acts on the response',
    ],
    [
      onBodies({ direction: 'upstream', exclude: { status: '2xx' } }),
      'exclude.status: it asks for the status of the response, and the body of a request goes on before there is one: expected direction downstream, not upstream',
    ],
    [error({ sticky_by: 'cookie' }), 'sticky_by: expected client or header:NAME, got "cookie"'],
    [error({ sticky_by: 'header:' }), 'sticky_by: expected client or header:NAME'],
    [error({ sticky_by: 'header:a b' }), 'sticky_by: expected client or header:NAME'],
    [error({ sticky_by: 5 }), 'sticky_by: expected client or header:NAME, got 5'],
    [error({ count: { frist: 1 } }), 'count.frist: there is no such field; did you mean "first"?'],
    [error({ exclude: { session: {} } }), 'exclude.session: there is no such field'],
    [error({ exclude: { sni: 'x' } }), 'exclude.sni: there is no such field'],
    [error({ part: 'head' }), 'part: expected connection or body, got "head"'],
  ])('%j', (input, message) => {
    expect(refusal(input).message).toContain(message)
  })

  test.each<[unknown, string]>([
    [{ paths: '/x' }, 'match.paths: there is no such field; did you mean "path"?'],
    [{ path: [] }, 'match.path: expected a text with * for anything'],
    [{ path: 5 }, 'match.path: expected a text with * for anything'],
    [{ path: '/(/' }, 'match.path: expected a regular expression that compiles (missing closing ): `(`), got "/(/"'],
    [{ path: ['/x', '/(/'] }, 'match.path[1]: expected a regular expression that compiles'],
    [{ path: 'x'.repeat(1001) }, 'match.path: expected a pattern of at most 1000 characters'],
    [{ path: Array.from({ length: 101 }, () => '/x') }, 'a list of 1 to 100 of them'],
    [{ method: 'GE T' }, 'match.method: expected a method such as "GET"'],
    [{ method: [''] }, 'match.method[0]: expected a method'],
    [{ status: 99 }, 'match.status: expected a status of 100 to 999, a class such as "5xx", or a range such as'],
    [{ status: '0xx' }, 'match.status: expected a status'],
    [{ status: '504-500' }, 'match.status: expected a status'],
    [{ status: 500.5 }, 'match.status: expected a status'],
    [{ status: [500, 'x'] }, 'match.status[1]: expected a status'],
    [{ headers: 'x' }, 'match.headers: expected an object with a pattern, or null, for each of 1 to 32 headers'],
    [{ headers: {} }, 'match.headers: expected an object with a pattern, or null'],
    [{ headers: { 'a b': 'x' } }, 'match.headers.a b: expected the name of a header, of at most 256 characters'],
    [{ headers: { ['x'.repeat(257)]: '*' } }, 'expected the name of a header'],
    [{ headers: { 'X-A': '1', 'x-a': '2' } }, 'match.headers: expected each header once, in whatever letter case'],
    [{ headers: { a: 5 } }, 'match.headers.a: expected a text with * for anything'],
    [{ headers: JSON.parse('{"__proto__": "x"}') }, 'match.headers.__proto__: expected another name'],
    [{ query: { '': 'x' } }, 'match.query.: expected the name of a query parameter'],
    [{ query: { a: '/(/' } }, 'match.query.a: expected a regular expression that compiles'],
    [{ query: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`p${i}`, '*'])) }, '1 to 32 query parameters'],
  ])('match %j', (match, message) => {
    expect(refusal(error({ match })).message).toContain(message)
  })
})

const phases = (...of: readonly string[]) => of.map((phase) => ({ weight: 1, phase }))

test('a status can be asked of what acts on responses', () => {
  expect(read(error({ match: { status: 503 } })).match).toEqual({ status: [[503, 503]] })
  expect(read({ type: 'http_latency', latency: 1, phase: 'response', match: { status: '5xx' } }).match).toBeDefined()
  // Whether it acts on responses, its outcomes say.
  const late = { type: 'http_latency', latency: 1, match: { status: 503 }, phase: 'request' }
  expect(read({ ...late, outcomes: phases('response', 'body') }).outcomes).toHaveLength(2)
  expect(refusal({ ...late, outcomes: phases('response', 'request') })).toMatchObject({ field: 'match.status' })
})

test('without a word of its own, a fault acts on responses where it does nothing to requests', () => {
  const base = faultDefinition('http_error')
  if (base === undefined) throw new Error('there is no http_error')
  const early = { ...base }
  delete early.actsOnResponse
  const late = { ...early }
  delete late.request
  const asked = error({ match: { status: 503 } })
  expect(readFaultOf(late, asked, '', 'http').wanted.match).toEqual({ status: [[503, 503]] })
  expect(() => readFaultOf(early, asked, '', 'http')).toThrow('acts before there is one')
})

test('Toxiproxy’s clients do not see what works on exchanges', () => {
  expect(toxicViewOf(planOf({ type: 'latency', latency: 5 }))).toBeDefined()
  expect(toxicViewOf(planOf(onBodies()))).toBeUndefined()
})

test.each(FAULTS)('the words of matching are no parameters of $type', ({ params }) => {
  const taken = new Set(['match', 'exclude', 'count', 'sticky_by', 'outcomes', 'part', 'per', 'weight', 'pass'])
  expect(Object.keys(params.shape).filter((name) => taken.has(name))).toEqual([])
})
