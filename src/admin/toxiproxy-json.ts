import { shortestFloat32 } from '../control/float32.ts'
import { saysProtocol, type ProxyInput } from '../control/proxy-input.ts'
import type { ProxyRecord, ToxicView } from '../control/records.ts'
import { listToxics, type ToxicRecord } from '../control/toxics.ts'

/**
 * What Toxiproxy answers, byte for byte: written by hand because of what JSON.stringify cannot do (integers of 64 bits, 32-bit
 * floats, keys such as `1` kept in their order, HTML escapes).
 */

/**
 * The `Logger` is an accident of Toxiproxy's releases since 2.5; nobody reads it, but it is part of the shape.
 *
 * @param asked who has said the protocol is told of it, and nobody else: it is no part of the shape.
 */
export function proxyJson(proxy: ProxyRecord, asked: Pick<ProxyInput, 'protocol'> = {}): string {
  const { name, listen, upstream, enabled } = proxy
  const protocol = saysProtocol(asked) ? `,"protocol":${text(proxy.protocol)}` : ''
  return `{"name":${text(name)},"listen":${text(listen)},"upstream":${text(upstream)},"enabled":${enabled},"Logger":{},"toxics":${toxicsJson(proxy)}${protocol}}`
}

/** Name → proxy, in the order given. */
export function proxiesJson(proxies: readonly ProxyRecord[]): string {
  return `{${proxies.map((proxy) => `${text(proxy.name)}:${proxyJson(proxy)}`).join(',')}}`
}

/**
 * An empty list is `null`, as Go writes a slice that nothing was appended to.
 *
 * @param asked what each of them was asked for with, in the same order.
 */
export function proxyListJson(proxies: readonly ProxyRecord[], asked: readonly ProxyInput[]): string {
  if (proxies.length === 0) return 'null'
  return `[${proxies.map((proxy, index) => proxyJson(proxy, asked[index])).join(',')}]`
}

export function toxicsJson(proxy: ProxyRecord): string {
  return `[${listToxics(proxy).map(toxicJson).join(',')}]`
}

export function toxicJson({ plan: { name, type }, toxic }: ToxicRecord): string {
  return `{"attributes":${attributesJson(toxic)},"name":${text(name)},"type":${text(type)},"stream":${text(toxic.stream)},"toxicity":${float32(toxic.toxicity)}}`
}

function attributesJson({ attributes }: ToxicView): string {
  const members = Object.entries(attributes).map(
    ([name, value]) => `${text(name)}:${Object.is(value, -0) ? '-0' : value}`,
  )
  return `{${members.join(',')}}`
}

/** `members` are added behind the text, already in JSON. */
export function errorJson(message: string, status: number, members = ''): string {
  return `{"error":${text(message)},"status":${status}${members}}`
}

function text(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (c) => String.raw`\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The shortest decimal that reads back as the same 32-bit float. */
export function float32(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return String(shortestFloat32(value))
}
