import type { ProxyInput, ProxyUpdate } from '../control/proxy-input.ts'
import type { AttributeReader, ToxicInput, ToxicUpdate } from '../control/toxic-input.ts'
import {
  boolField,
  decodeStruct,
  decodeStructs,
  type Field,
  float32Field,
  float64Field,
  int64Field,
  objectField,
  stringField,
  type GoStruct,
} from './go-decode.ts'
import { readGoJson, type JsonNode } from './go-json.ts'

/** The bodies that Toxiproxy's routes take. All of these throw FoulweatherError `bad_request_body`. */

const PROXY: GoStruct = { name: 'Proxy', type: 'toxiproxy.Proxy' }
const TOXIC: GoStruct = { name: 'ToxicWrapper', type: 'toxics.ToxicWrapper' }

function updatedFields() {
  return { name: stringField(), listen: stringField(), upstream: stringField(), enabled: boolField() }
}

/** The protocol is ours: a key that Toxiproxy passes over. */
function proxyFields() {
  return { ...updatedFields(), protocol: stringField() }
}

function proxyInput({ name, listen, upstream, enabled, protocol }: ReturnType<typeof proxyFields>): ProxyInput {
  return {
    name: name.value,
    listen: listen.value,
    upstream: upstream.value,
    enabled: enabled.value,
    protocol: protocol.value,
  }
}

export function readProxyBody(body: Buffer): ProxyInput {
  const fields = proxyFields()
  decodeStruct(readGoJson(body), PROXY, fields)
  return proxyInput(fields)
}

/** The name has to be one, and is ignored. */
export function readProxyUpdateBody(body: Buffer): ProxyUpdate {
  const fields = updatedFields()
  decodeStruct(readGoJson(body), PROXY, fields)
  const { listen, upstream, enabled } = fields
  return { listen: listen.value, upstream: upstream.value, enabled: enabled.value }
}

export function readPopulateBody(body: Buffer): readonly ProxyInput[] {
  return decodeStructs(readGoJson(body), PROXY, proxyFields).map(proxyInput)
}

export function readToxicBody(body: Buffer): ToxicInput {
  const fields = { name: stringField(), type: stringField(), stream: stringField(), ...updateFields() }
  decodeStruct(readGoJson(body), TOXIC, fields)
  return {
    name: fields.name.value,
    type: fields.type.value,
    stream: fields.stream.value,
    toxicity: fields.toxicity.value,
    attributes: attributeReader(fields.attributes.value),
  }
}

export function readToxicUpdateBody(body: Buffer): ToxicUpdate {
  const fields = updateFields()
  decodeStruct(readGoJson(body), TOXIC, fields)
  return { toxicity: fields.toxicity.value, attributes: attributeReader(fields.attributes.value) }
}

function updateFields() {
  return { toxicity: float32Field(), attributes: objectField('toxics.Toxic') }
}

function attributeReader(attributes: JsonNode | undefined): AttributeReader {
  return ({ type, toxic }) => {
    if (attributes === undefined) return {}
    const fields = Object.fromEntries(
      toxic.map(({ name, float }): [string, Field<bigint | number>] => [
        name,
        float === true ? float64Field() : int64Field(),
      ]),
    )
    const goName = `${type.replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Toxic`
    decodeStruct(attributes, { name: `${goName}.attributes`, type: `toxics.${goName}` }, fields)
    const given: Record<string, bigint | number> = {}
    for (const [name, { value }] of Object.entries(fields)) if (value !== undefined) given[name] = value
    return given
  }
}
