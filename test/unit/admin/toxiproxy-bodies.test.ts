import { describe, expect, test } from 'vitest'
import {
  readPopulateBody,
  readProxyBody,
  readToxicBody,
  readToxicUpdateBody,
} from '../../../src/admin/toxiproxy-bodies.ts'
import { toxicDefinition } from '../../../src/control/toxic-input.ts'

const proxy = (body: string) => readProxyBody(Buffer.from(body))
const toxic = (body: string) => readToxicBody(Buffer.from(body))
const attributes = (json: string, type = 'latency') =>
  readToxicUpdateBody(Buffer.from(`{"attributes":${json}}`)).attributes(toxicDefinition(type))

describe('proxy', () => {
  test('keys match in any letter case, the last of several wins, unknown ones are ignored', () => {
    const body =
      '{"NAME":"a","Name":"b","Listen":":1","toxics":[{}],"Logger":{},"uPsTrEaM":"u","enabled":false,"__proto__":1}'
    expect(proxy(body)).toEqual({ name: 'b', listen: ':1', upstream: 'u', enabled: false })
  })

  test.each(['{"name":null,"listen":null,"upstream":null,"enabled":null}', 'null', '{}'])(
    'null is not given: %s',
    (body) => {
      expect(proxy(body)).toEqual({ name: undefined, listen: undefined, upstream: undefined, enabled: undefined })
    },
  )

  test('null after a value leaves the value', () => {
    expect(proxy('{"name":"a","name":null}')).toMatchObject({ name: 'a' })
  })

  test.each([
    ['[]', 'json: cannot unmarshal array into Go value of type toxiproxy.Proxy'],
    ['1', 'json: cannot unmarshal number into Go value of type toxiproxy.Proxy'],
    ['{"name":1}', 'json: cannot unmarshal number into Go struct field Proxy.name of type string'],
    ['{"enabled":"yes"}', 'json: cannot unmarshal string into Go struct field Proxy.enabled of type bool'],
    ['{"enabled":1}', 'json: cannot unmarshal number into Go struct field Proxy.enabled of type bool'],
    ['{"listen":{},"name":true}', 'json: cannot unmarshal object into Go struct field Proxy.listen of type string'],
  ])('%s is refused with the first wrong type', (body, text) => {
    expect(() => proxy(body)).toThrow(`bad request body: ${text}`)
  })
})

describe('populate', () => {
  test('each entry has fields of its own', () => {
    const entries = readPopulateBody(Buffer.from('[{"name":"a"},null,{"upstream":"u","enabled":false}]'))
    expect(entries).toMatchObject([{ name: 'a' }, {}, { name: undefined, upstream: 'u', enabled: false }])
  })

  test('null is an empty list', () => {
    expect(readPopulateBody(Buffer.from('null'))).toEqual([])
  })

  test.each(['{}', '[1]', '[{"name":1}]', '"a"'])('%s is refused', (body) => {
    expect(() => readPopulateBody(Buffer.from(body))).toThrow('bad request body: json: cannot unmarshal')
  })
})

describe('toxic', () => {
  test('toxicity is rounded to 32 bits', () => {
    expect(toxic('{"toxicity":0.1}').toxicity).toBe(Math.fround(0.1))
  })

  test.each(['1e39', '-1e39', '"1"', 'true'])('a toxicity of %s is refused', (toxicity) => {
    expect(() => toxic(`{"toxicity":${toxicity}}`)).toThrow(/^bad request body: json: cannot unmarshal .* float32$/)
  })

  test.each(['[]', '1', '"x"'])('attributes of %s are refused when the body is read', (json) => {
    expect(() => toxic(`{"attributes":${json}}`)).toThrow('bad request body: json: cannot unmarshal')
  })

  test('attributes match in any letter case and hold 64 bits', () => {
    expect(attributes('{"Latency":9223372036854775807,"JITTER":-9223372036854775808,"other":"x"}')).toEqual({
      latency: 9_223_372_036_854_775_807n,
      jitter: -9_223_372_036_854_775_808n,
    })
    expect(attributes('{"latency":null}')).toEqual({})
    expect(attributes('null')).toEqual({})
  })

  test.each([
    ['"100"', 'string'],
    ['100.0', 'number 100.0'],
    ['1e3', 'number 1e3'],
    ['100.5', 'number 100.5'],
    ['9223372036854775808', 'number 9223372036854775808'],
    ['true', 'bool'],
    ['{}', 'object'],
  ])('an attribute of %s is refused', (json, shown) => {
    expect(() => attributes(`{"latency":${json}}`)).toThrow(
      `bad request body: json: cannot unmarshal ${shown} into Go struct field LatencyToxic.attributes.latency of type int64`,
    )
  })
})
