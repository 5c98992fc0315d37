import { expect, test } from 'vitest'
import { z } from 'zod'
import { readToxicUpdateBody } from '../../../src/admin/toxiproxy-bodies.ts'
import { toxicJson } from '../../../src/admin/toxiproxy-json.ts'
import { completeAttributes, isToxic, paramsOf, type ToxicDefinition } from '../../../src/control/toxic-input.ts'
import { defineFault, type FaultDefinition } from '../../../src/faults/define.ts'
import { size } from '../../../src/faults/params.ts'
import { PassThrough } from '../../../src/faults/pass-through.ts'
import { AdminRig } from '../../support/admin-rig.ts'

/** Attributes that take fractions, with a default that is not 0, beside one that does not and has none. */
const drizzle: FaultDefinition = defineFault({
  type: 'fine_drizzle',
  layer: 'transport',
  effect: 'timing',
  summary: 'Drizzles.',
  details: 'Drizzles.',
  example: { drops: 1 },
  params: z.object({ rate: z.number().min(0).max(1).default(0.1), drops: size() }),
  toxic: [
    { name: 'rate', unit: '0…1', float: true, toParams: (rate) => ({ rate }), fromParams: ({ rate }) => rate },
    { name: 'drops', unit: 'bytes', toParams: (drops) => ({ drops }), fromParams: ({ drops }) => drops },
  ],
  stage: () => new PassThrough(),
})

function definition(): ToxicDefinition {
  if (isToxic(drizzle)) return drizzle
  throw new Error('no toxic')
}

const read = (attributes: string) =>
  readToxicUpdateBody(Buffer.from(`{"attributes":${attributes}}`)).attributes(definition())

test('they are read in any notation, as plain numbers', () => {
  expect(read('{"rate":0.25,"drops":9}')).toEqual({ rate: 0.25, drops: 9n })
  expect(read('{"RATE":1e-7}')).toEqual({ rate: 1e-7 })
  expect(read('{"rate":1}')).toEqual({ rate: 1 })
  expect(read('{"rate":null}')).toEqual({})
})

test.each([
  ['{"rate":"0.1"}', 'string into Go struct field FineDrizzleToxic.attributes.rate of type float64'],
  ['{"rate":1e999}', 'number 1e999 into Go struct field FineDrizzleToxic.attributes.rate of type float64'],
  ['{"drops":1.0}', 'number 1.0 into Go struct field FineDrizzleToxic.attributes.drops of type int64'],
])('%s is refused', (attributes, text) => {
  expect(() => read(attributes)).toThrow(`bad request body: json: cannot unmarshal ${text}`)
})

test('what is not given is the default of the parameter, or 0 if it has none', () => {
  expect(completeAttributes(definition(), {})).toEqual({ rate: 0.1, drops: 0n })
  expect(completeAttributes(definition(), { rate: 0 })).toEqual({ rate: 0, drops: 0n })
  expect(completeAttributes(definition(), { drops: 5n }, { rate: 0.7, drops: 1n })).toEqual({ rate: 0.7, drops: 5n })
  expect(paramsOf(definition(), completeAttributes(definition(), {}))).toEqual({ rate: 0.1, drops: 0 })
})

test('values that the parameter does not take are refused', () => {
  expect(() => paramsOf(definition(), { rate: 1.5, drops: 0n })).toThrow('attributes.rate')
})

test.each([
  [0.1, '0.1'],
  [1, '1'],
  [-0, '-0'],
  [1e-7, '1e-7'],
  [0.000001, '0.000001'],
])('%d is written %s, as Go does', (rate, text) => {
  const plan = {
    name: 'd',
    type: 'fine_drizzle',
    direction: 'upstream',
    probability: 1,
    params: {},
    owner: 'api',
    revision: 1,
    draw: 0,
  } as const
  const attributes = { rate, drops: 9_007_199_254_740_993n }
  expect(toxicJson({ plan, revision: 1, created: 0, toxic: { stream: 'upstream', toxicity: 1, attributes } })).toBe(
    `{"attributes":{"rate":${text},"drops":9007199254740993},"name":"d","type":"fine_drizzle","stream":"upstream","toxicity":1}`,
  )
})

test('packet_loss has them: a tenth where nothing is said, and the digits that were given', async () => {
  await using rig = new AdminRig()
  await rig.control.createProxy({ name: 'a', upstream: 'u:1', enabled: false })
  const send = async (method: string, url: string, body?: string) => (await rig.ask(method, url, body)).body
  expect(await send('POST', '/proxies/a/toxics', '{"type":"packet_loss"}')).toBe(
    '{"attributes":{"loss_rate":0.1,"correlation":0},"name":"packet_loss_downstream","type":"packet_loss","stream":"downstream","toxicity":1}',
  )
  const path = '/proxies/a/toxics/packet_loss_downstream'
  expect(await send('PATCH', path, '{"attributes":{"correlation":0.123456789012345}}')).toContain(
    '{"loss_rate":0.1,"correlation":0.123456789012345}',
  )
  expect(await send('PATCH', path, '{"attributes":{"loss_rate":1.5}}')).toContain('"loss_rate":1.5,')
  expect(rig.control.fault('a', 'packet_loss_downstream').plan.params).toMatchObject({ loss_rate: 1 })
  const native = await send('PATCH', '/v1/proxies/a/faults/packet_loss_downstream', '{"loss_rate":"3%"}')
  expect(JSON.parse(native)).toMatchObject({ loss_rate: 0.03, toxic: true })
  expect(await send('GET', path)).toContain('{"loss_rate":0.03,"correlation":0.123456789012345}')
})
