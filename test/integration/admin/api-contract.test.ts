import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { VERSION } from '../../../src/version.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { bodyText, Contract, ContractRig, pathOf, type Described } from '../../support/api-contract.ts'
import { SEEDS } from '../../support/api-seeds.ts'

const { document, operations } = await readContract()

async function readContract(): Promise<Contract> {
  await using rig = await ContractRig.start()
  return await Contract.of(rig)
}

test('the document is OpenAPI 3.1, and names each operation once', async () => {
  const { valid, errors } = await new Validator().validate({ ...structuredClone(document) })
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
  expect(document.openapi).toMatch(/^3\.1\./)
  expect(document.info.version).toBe(VERSION)
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(40)
  const tags = document.tags.map(({ name, description }) => ({ name, described: (description ?? '') !== '' }))
  expect(tags).toEqual(tags.map(({ name }) => ({ name, described: true })))
})

test('a version has one document, byte for byte', async () => {
  const texts: string[] = []
  for (let run = 0; run < 2; run++) {
    await using rig = await ContractRig.start()
    texts.push((await rig.ask({ method: 'GET', path: '/openapi.json' })).text)
  }
  expect(texts[1]).toBe(texts[0])
  await using bare = new AdminRig({ version: VERSION })
  await using metered = new AdminRig({ version: VERSION, metrics: () => Promise.resolve('') })
  expect((await bare.ask('GET', '/openapi.json')).body).toBe((await metered.ask('GET', '/openapi.json')).body)
})

test('every route is described', async () => {
  await using rig = new AdminRig()
  const described: Readonly<Record<string, object>> = document.paths
  const without = rig.admin.hapi
    .table()
    .filter(({ method, path }) => !Object.hasOwn(described[path] ?? {}, method))
    .map(({ method, path }) => `${method} ${path}`)
  expect(without).toEqual([])
})

/** A valid call of an operation, from the document and the seeds. */
async function validCall(rig: ContractRig, contract: Contract, described: Described) {
  const seed = SEEDS.operations[described.operation.operationId] ?? {}
  await seed.prepare?.(rig)
  const parameters = { ...SEEDS.parameters, id: await rig.session(), ...seed.parameters }
  const body = bodyText(seed.body ?? contract.exampleBody(described))
  const path = pathOf(described.path, parameters)
  const query = new URLSearchParams(seed.query)
  return {
    method: described.method,
    path: query.size === 0 ? path : `${path}?${query.toString()}`,
    ...(body === undefined ? {} : { body }),
  }
}

const named = operations.map((described) => [described.operation.operationId, described] as const)

test.each(named)('%s succeeds, and answers what is written', async (_, described) => {
  await using rig = await ContractRig.start()
  const contract = new Contract(document)
  const answered = await rig.ask(await validCall(rig, contract, described))
  expect(contract.mismatch(described, answered)).toBeUndefined()
  expect(`${answered.status} ${answered.status < 300 ? '' : answered.text}`).toMatch(/^2\d\d $/)
})

test('what events go on behind is described as the header that browsers send it in', () => {
  const { parameters = [] } = operations.find(({ path }) => path === '/v1/events')?.operation ?? {}
  expect(parameters.find(({ name }) => name === 'Last-Event-ID')).toMatchObject({ in: 'header', required: false })
})

const withQuery = named.filter(
  ([, { operation }]) => operation.parameters?.some((each) => each.in === 'query') === true,
)

test.each(withQuery)('%s takes each parameter of its query', async (_, described) => {
  const contract = new Contract(document)
  for (const { name, in: place, schema } of described.operation.parameters ?? []) {
    if (place !== 'query') continue
    const values = Array.isArray(schema['enum']) ? schema['enum'].map(String) : [String(contract.example(schema))]
    for (const value of values) {
      await using rig = await ContractRig.start()
      const call = await validCall(rig, contract, described)
      const given = new URLSearchParams(call.path.split('?')[1])
      given.set(name, value)
      const answered = await rig.ask({ ...call, path: `${call.path.split('?')[0]}?${given.toString()}` })
      expect({ name, value, mismatch: contract.mismatch(described, answered) }).toEqual({
        name,
        value,
        mismatch: undefined,
      })
      // A text that stands for nothing may be refused, or name nothing; a word of the document may not.
      const isWord = Array.isArray(schema['enum']) || name === 'limit'
      expect(answered.status).toBeLessThan(isWord ? 300 : 500)
    }
  }
})

test.each(named.filter(([, { path }]) => path.includes('{')))(
  '%s says as written that there is no such thing',
  async (_, described) => {
    await using rig = await ContractRig.start()
    const contract = new Contract(document)
    const call = await validCall(rig, contract, described)
    const names = [...described.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const path = pathOf(described.path, Object.fromEntries(names.map((name) => [name, 'nobody'])))
    const answered = await rig.ask({ ...call, path })
    expect(contract.mismatch(described, answered)).toBeUndefined()
    const makesOne = described.method === 'put'
    expect(answered.status).toBe(makesOne ? 201 : 404)
  },
)

const withBody = named.filter(([, { operation }]) => operation.requestBody !== undefined)

test.each(withBody)('%s refuses what is no body as written', async (_, described) => {
  await using rig = await ContractRig.start()
  const contract = new Contract(document)
  const call = await validCall(rig, contract, described)
  for (const body of ['{"', '[[]', Buffer.from([0xff]), 'x'.repeat(2 ** 20 + 1)]) {
    const answered = await rig.ask({ ...call, body })
    expect(contract.mismatch(described, answered)).toBeUndefined()
    // Of a document that has mistakes, these are what is asked for.
    const answersMistakes = described.operation.operationId === 'validateProfile'
    expect([400, 413, ...(answersMistakes ? [200] : [])]).toContain(answered.status)
  }
})

const isNative = ({ operation }: Described) =>
  !operation.tags.includes('Toxiproxy') && operation.operationId !== 'getMetrics'

test.each(named.filter(([, described]) => isNative(described)))(
  '%s refuses foreign callers as written',
  async (_, described) => {
    await using rig = await ContractRig.start()
    const contract = new Contract(document)
    const call = await validCall(rig, contract, described)
    for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }]) {
      const answered = await rig.ask({ ...call, headers })
      expect(contract.mismatch(described, answered)).toBeUndefined()
      expect(answered.status).toBe(403)
    }
  },
)

const tagged = named.filter(
  ([, { operation }]) => operation.parameters?.some(({ name }) => name === 'If-Match') === true,
)

test.each(tagged)('%s does nothing where it is not what the caller has seen', async (_, described) => {
  await using rig = await ContractRig.start()
  const contract = new Contract(document)
  const call = await validCall(rig, contract, described)
  const before = rig.server.control.revision
  const answered = await rig.ask({ ...call, headers: { 'if-match': '"999999"' } })
  expect(contract.mismatch(described, answered)).toBeUndefined()
  expect({ status: answered.status, text: answered.text, revision: rig.server.control.revision }).toMatchObject({
    status: 412,
    text: expect.stringContaining('"field":"If-Match"') as string,
    revision: before,
  })
})
