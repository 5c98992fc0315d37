import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Components } from '../../../src/admin/openapi/components.ts'
import { openApiDocument, type DescribedRoute } from '../../../src/admin/openapi/document.ts'
import { exampleOf } from '../../../src/admin/openapi/example.ts'
import type { JsonSchema, OpenApiDocument } from '../../../src/admin/openapi/types.ts'
import { readFault } from '../../../src/control/fault-input.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { FAULTS } from '../../../src/faults/index.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { testCertificates } from '../../support/test-certificates.ts'

async function readDocument(): Promise<OpenApiDocument> {
  await using rig = new AdminRig()
  return JSON.parse((await rig.ask('GET', '/openapi.json')).body) as OpenApiDocument
}
const document = await readDocument()

describe('components', () => {
  test('what is written and what is answered have one name where they are the same', () => {
    const components = new Components()
    const shape = z.strictObject({ a: z.string() }).meta({ id: 'Same' })
    const { schemas, ...rest } = components.finish({
      in: components.add(shape, 'input'),
      out: components.add(shape, 'output'),
    })
    expect(Object.keys(schemas)).toEqual(['Same'])
    expect(rest).toEqual({ in: { $ref: '#/components/schemas/Same' }, out: { $ref: '#/components/schemas/Same' } })
  })

  test('and two where they differ, down to what refers to them', () => {
    const components = new Components()
    const inner = z.object({ a: z.string().default('x') }).meta({ id: 'Inner' })
    const outer = z.strictObject({ inner }).meta({ id: 'Outer' })
    const { schemas, ...rest } = components.finish({
      in: components.add(outer, 'input'),
      out: components.add(outer, 'output'),
    })
    expect(Object.keys(schemas)).toEqual(['Inner', 'InnerInput', 'Outer', 'OuterInput'])
    expect(rest.in).toEqual({ $ref: '#/components/schemas/OuterInput' })
    expect(schemas['OuterInput']).toMatchObject({ properties: { inner: { $ref: '#/components/schemas/InnerInput' } } })
    expect(schemas['Outer']).toMatchObject({ properties: { inner: { $ref: '#/components/schemas/Inner' } } })
  })

  test('two shapes cannot have one name', () => {
    const components = new Components()
    components.add(z.object({ a: z.string() }).meta({ id: 'Twice' }), 'output')
    expect(() => components.add(z.object({ b: z.string() }).meta({ id: 'Twice' }), 'output')).toThrow('Twice')
  })
})

const operation = (id: string) => ({ id, tag: 'x', summary: id, answers: { 204: { description: 'done' } } })

test('the order of the routes is of no matter', () => {
  const routes: DescribedRoute[] = [
    { method: 'post', path: '/v1/a', app: { operation: operation('a') } },
    { method: 'get', path: '/v1/b', app: { operation: operation('b') } },
    { method: 'get', path: '/v1/a', app: { operation: operation('c') } },
    { method: 'get', path: '/v1/undescribed', app: {} },
  ]
  const text = JSON.stringify(openApiDocument(routes, '1'))
  expect(JSON.stringify(openApiDocument(routes.toReversed(), '1'))).toBe(text)
  const { paths, tags } = openApiDocument(routes, '1')
  expect(Object.entries(paths).map(([path, item]) => [path, Object.keys(item)])).toEqual([
    ['/v1/a', ['get', 'post']],
    ['/v1/b', ['get']],
  ])
  expect(tags).toEqual([{ name: 'X' }])
})

describe('roles', () => {
  test.each([
    ['/healthz', 'get', undefined],
    ['/version', 'get', undefined],
    ['/v1/status', 'get', 'viewer'],
    ['/metrics', 'get', 'viewer'],
    ['/v1/proxies', 'post', 'admin'],
    ['/v1/proxies/{proxy}/faults', 'post', 'operator'],
    ['/populate', 'post', 'admin'],
  ] as const)('%s %s: %s', (path, method, role) => {
    const operation = document.paths[path]?.[method]
    expect(operation?.['x-role']).toBe(role)
    expect(operation?.security).toEqual(role === undefined ? [] : undefined)
  })
})

describe('preconditions are described where they are looked at', () => {
  const takers = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { parameters = [] }]) =>
      parameters.some(({ name }) => name === 'If-Match') ? [`${method} ${path}`] : [],
    ),
  )
  test.each([
    'patch /v1/proxies/{proxy}',
    'delete /v1/proxies/{proxy}',
    'patch /v1/proxies/{proxy}/faults/{fault}',
    'delete /v1/proxies/{proxy}/faults/{fault}',
  ])('%s', (operation) => {
    expect(takers).toContain(operation)
  })

  test.each([
    'post /v1/proxies',
    'post /v1/proxies/{proxy}/faults',
    'post /v1/proxies/{proxy}/faults/{fault}/renew',
    'delete /v1/sessions/{id}',
    'patch /proxies/{proxy}',
  ])('not %s', (operation) => {
    expect(takers).not.toContain(operation)
  })
})

const http = (type: string) => (FAULTS.find((each) => each.type === type)?.layer === 'http' ? 'http' : 'tcp')

describe('faults', () => {
  const ajv = new Ajv2020({ strict: false, logger: false })
  ajv.addSchema(document, 'api', undefined, false)
  const isInput = ajv.compile({ $ref: 'api#/components/schemas/FaultInput' })

  test.each(FAULTS.map(({ type, example }) => [type, example] as const))('%s: its example is one', (type, example) => {
    const body = { type, ...example }
    isInput(body)
    expect(isInput.errors).toBeNull()
    expect(readFault(body, '', http(type)).wanted.type).toBe(type)
  })

  test.each([
    [
      {
        type: 'latency',
        latency: '250ms',
        match: { client: '10.0.0.0/8' },
        ramp: {},
        ttl: '5m',
        limits: { max_share: 0.1 },
      },
    ],
    [{ type: 'latency', per: 'exchange', part: 'body' }],
    [{ type: 'refuse' }],
    [{ type: 'http_error', status: 503, body_file: 'error.html' }],
    [{ type: 'latency', owner: 'api', counters: {}, state: 'working', revision: 3 }],
  ])('%j is one', (body) => {
    isInput(body)
    expect(isInput.errors).toBeNull()
  })

  test.each([
    [{}],
    [{ type: 'nothing' }],
    [{ type: 'latency', latancy: 5 }],
    [{ type: 'latency', direction: 'sideways' }],
    [{ type: 'refuse', probability: 0.5 }],
    [{ type: 'http_error', per: 'chunk' }],
    [{ type: 'latency', schedule: { for: 5, nonsense: 1 } }],
  ])('%j is none, and is refused', (body) => {
    expect(isInput(body)).toBe(false)
    expect(() => readFault(body, '', 'type' in body ? http(body.type) : 'tcp')).toThrow(FoulweatherError)
  })

  test('what a server shows of any of them is as written, and may be sent back', async () => {
    const isFault = ajv.compile({ $ref: 'api#/components/schemas/Fault' })
    await using rig = new AdminRig()
    const { one } = await testCertificates()
    await rig.control.addProxy({ name: 'a', upstream: 'u:1', enabled: false, protocol: 'http', tls: { listen: one } })
    for (const { type, example } of FAULTS) {
      const { status, body } = await rig.ask('POST', '/v1/proxies/a/faults', JSON.stringify({ type, ...example }))
      expect(`${status} ${status === 201 ? '' : body}`).toBe('201 ')
      isFault(JSON.parse(body))
      isInput(JSON.parse(body))
      expect({ type, shown: isFault.errors, sentBack: isInput.errors }).toEqual({ type, shown: null, sentBack: null })
    }
  })
})

describe('examples', () => {
  test.each(
    Object.entries(document.components.schemas).flatMap(([name, { examples }]) =>
      Array.isArray(examples) ? examples.map((example: unknown) => [name, example] as const) : [],
    ),
  )('of %s fit it: %j', (name, example) => {
    const ajv = new Ajv2020({ strict: false, logger: false })
    ajv.addSchema(document, 'api', undefined, false)
    const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` })
    validate(example)
    expect(validate.errors).toBeNull()
  })

  test.each([
    [{ type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 3 }, b: {} } }, { a: 3 }],
    [{ type: 'array', items: { enum: ['x', 'y'] } }, ['x']],
    [{ $ref: '#/components/schemas/T' }, { k: 'v' }],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    [
      { allOf: [{ $ref: '#/components/schemas/T' }], required: ['c'], properties: { c: { const: 1 } } },
      { k: 'v', c: 1 },
    ],
    [{ default: 7 }, 7],
  ])('of %j: %j', (schema, example) => {
    expect(exampleOf(schema, { T: { examples: [{ k: 'v' }] } })).toEqual(example)
  })
})

test('a reason is asked for where it goes on record', () => {
  const takers = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { parameters = [] }]) =>
      parameters.some(({ name }) => name === 'X-Foulweather-Reason') ? [`${method} ${path}`] : [],
    ),
  )
  expect(takers).toContain('post /v1/halt')
  expect(takers).toContain('delete /proxies/{proxy}')
  expect(takers).toContain('delete /v1/sessions/{id}')
  for (const none of ['post /v1/diff', 'post /v1/validate']) expect(takers).not.toContain(none)
})

test('a comparison takes a document alone, too', () => {
  const { content = {} } = document.paths['/v1/diff']?.post?.requestBody ?? {}
  expect(Object.keys(content)).toEqual(['application/json', 'application/yaml', 'text/plain'])
})

describe('queries', () => {
  const without = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { parameters = [] }]) => {
      const asked = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
      const asksNothing = path.startsWith('/v1/') && asked.every((name) => name === 'reason')
      const isHalt = path === '/v1/halt' && method === 'post'
      return asksNothing && !isHalt ? [[method.toUpperCase(), path] as const] : []
    }),
  )

  test.each(without)('%s %s: what it does not know is refused, and nothing is done', async (method, path) => {
    await using rig = new AdminRig()
    const { status, body } = await rig.ask(method, `${path.replaceAll(/[{}]/g, '')}?raeson=x`)
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_value', field: 'raeson', value: 'x' })
    expect((JSON.parse(body) as { detail: string }).detail).toBe(
      method === 'GET'
        ? 'there is no query parameter "raeson" (expected none)'
        : 'there is no query parameter "raeson"; did you mean "reason"? (expected reason)',
    )
    expect(rig.changes).toEqual([])
  })

  test('a halt is not refused for what was misspelt', async () => {
    await using rig = new AdminRig()
    expect((await rig.ask('POST', '/v1/halt?raeson=x')).status).toBe(200)
    expect(rig.control.safety.halt).toBeDefined()
  })

  test.each(['/healthz', '/docs', '/openapi.json', '/proxies', '/version'])(
    '%s takes whatever is put behind it',
    async (path) => {
      await using rig = new AdminRig()
      expect((await rig.ask('GET', `${path}?_=1`)).status).toBe(200)
    },
  )

  const withQuery = Object.entries(document.paths).flatMap(([path, { get }]) =>
    get?.parameters?.some((each) => each.in === 'query') === true && !path.includes('{')
      ? [[path, get.parameters] as const]
      : [],
  )

  test.each(withQuery)('%s: those that are described are those that there are', async (path, parameters) => {
    await using rig = new AdminRig()
    const { status, body } = await rig.ask('GET', `${path}?nonsense=1`)
    const { expected = '' } = JSON.parse(body) as { expected?: string }
    expect(status).toBe(400)
    const known = expected.replace('one of ', '').split(', ')
    const described = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
    expect(new Set(described)).toEqual(new Set(known))
  })
})

function propertiesOf(schema: JsonSchema | undefined): Record<string, JsonSchema> {
  return (schema ?? {})['properties'] as Record<string, JsonSchema>
}

/** The names of the fields of a proxy, or of an object within it. */
function fieldsAt(path: readonly string[]): string[] {
  let schema = document.components.schemas['ProxyInput']
  for (const name of path) schema = propertiesOf(schema)[name]
  const written = Object.entries(propertiesOf(schema)).filter(([, { readOnly }]) => readOnly !== true)
  return written.map(([name]) => name)
}

test('proxies: the fields that are described are those that there are', async () => {
  await using rig = new AdminRig()
  for (const path of [[], ['http'], ['tls'], ['tls', 'upstream'], ['tls', 'listen'], ['proxy_protocol']]) {
    const bad = path.reduceRight<object>((inner, name) => ({ [name]: inner }), { nonsense: 1 })
    const { body } = await rig.ask('POST', '/v1/proxies', JSON.stringify({ name: 'p', upstream: 'u:1', ...bad }))
    const { expected = '' } = JSON.parse(body) as { expected?: string }
    expect(fieldsAt(path).sort()).toEqual(expected.replace('one of ', '').split(', ').sort())
  }
})
