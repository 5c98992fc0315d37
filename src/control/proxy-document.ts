import { type Fields, isFields } from '../core/fields.ts'
import { defined, definedOrNone } from '../core/defined.ts'
import { readUpstreamUrl } from '../core/address.ts'
import type { HttpOptions, Protocol, ProxyProtocolOptions, TlsOptions } from '../core/plan.ts'
import { describeCertificates, SET } from './certificates.ts'
import { refuseNoListen, refuseNoUpstream } from './proxy-addresses.ts'
import { checkProxyInput, type NewProxy } from './proxy-input.ts'
import { type ProxyFields, readProxyFields } from './proxy-fields.ts'
import type { ProxyRecord } from './records.ts'
import { type Authority, readTls, refused } from './tls-input.ts'

/**
 * Reads a proxy as users write it, files read already.
 *
 * @param authority asked where certificates are to be made on the fly.
 * @throws FoulweatherError `missing_field`, `invalid_value`.
 */
export function readProxy(input: Fields, authority: () => Authority | undefined): NewProxy {
  const proxy = readDocument(input, {}, authority)
  refuseNoListen(proxy.listen)
  refuseNoUpstream(proxy.upstream)
  return proxy
}

/**
 * Reads a proxy as it was kept: its addresses may be some that only Toxiproxy's API takes.
 *
 * @throws FoulweatherError as `readProxy`.
 */
export function readKeptProxy(kept: Fields, authority: () => Authority | undefined): NewProxy {
  return readDocument({}, kept, authority)
}

/**
 * What is given of a proxy takes the place of what is there, also inside of `http`, `tls` and `proxy_protocol`; `null` takes it away (RFC 7396).
 *
 * @throws FoulweatherError `invalid_value`, `missing_field`.
 */
export function patchProxy(before: ProxyRecord, patch: Fields, authority: () => Authority | undefined): NewProxy {
  const { name } = patch
  if (name !== undefined && name !== null && name !== before.name) {
    throw refused(
      'name',
      typeof name === 'string' ? name : undefined,
      'it cannot be changed; create another proxy',
      JSON.stringify(before.name),
    )
  }
  const proxy = readDocument({ ...patch, name: before.name }, documentOf(before), authority)
  refuseNoListen(proxy.listen)
  // One that Toxiproxy's API has taken does not stand in the way of other changes.
  if (proxy.upstream !== before.upstream) refuseNoUpstream(proxy.upstream)
  return proxy
}

function readDocument(patch: Fields, before: Fields, authority: () => Authority | undefined): NewProxy {
  const given = withoutShown(patch, before)
  const fields = readProxyFields(merge(before, given))
  const { protocol = 'tcp', upstream, tls } = withUrl(fields, given)
  const { name, listen, enabled } = fields
  const checked = checkProxyInput({ name, listen, upstream, enabled })
  const settings = {
    http: readHttp(fields.http, protocol),
    tls: readTls(tls, protocol, authority),
    proxyProtocol: readProxyProtocol(fields.proxy_protocol),
  }
  return { ...checked, protocol, ...defined(settings) }
}

/** An upstream that is given as a URL says as well which protocol it is, and whether it wants TLS. */
function withUrl(fields: ProxyFields, given: Fields): Pick<ProxyFields, 'protocol' | 'upstream' | 'tls'> {
  const url = typeof given['upstream'] === 'string' ? readUpstreamUrl(given['upstream']) : undefined
  if (url === undefined) return fields
  // There may be a password in front of an @.
  const shown = String(given['upstream']).replace(/^([^/]*\/\/).*@/s, '$1…@')
  if (url.kind === 'bad') throw refused('upstream', shown, url.text, url.expected)
  if (fields.protocol === 'tcp' && given['protocol'] === 'tcp') {
    throw refused(
      'protocol',
      'tcp',
      `the upstream is the URL ${JSON.stringify(shown)}`,
      'http, or an upstream host:port',
    )
  }
  const { upstream: tlsUpstream, ...tls } = fields.tls ?? {}
  const ownTls = isFields(given['tls'])
    ? Object.entries(given['tls']).find(([name]) => name === 'upstream')?.[1]
    : undefined
  if (!url.tls && isFields(ownTls)) {
    const why = `TLS is for an upstream https://…, and this one is ${JSON.stringify(shown)}`
    throw refused('tls.upstream', undefined, why, 'nothing, or an upstream https://…')
  }
  return {
    protocol: 'http',
    upstream: url.address,
    tls: url.tls ? { ...tls, upstream: tlsUpstream ?? {} } : tls,
  }
}

function readHttp(given: ProxyFields['http'], protocol: Protocol): HttpOptions | undefined {
  const { lenient, host, forwarded_for: forwardedFor, header_faults: headerFaults, tell, ...limits } = given ?? {}
  const { max_head: maxHead, max_headers: maxHeaders } = limits
  const options = definedOrNone({
    lenient: lenient === true ? lenient : undefined,
    host: host === 'preserve' ? undefined : host,
    forwardedFor: forwardedFor === true ? forwardedFor : undefined,
    headerFaults: headerFaults === true ? headerFaults : undefined,
    tell: tell === true ? tell : undefined,
    maxHead,
    maxHeaders,
  })
  if (options === undefined || protocol === 'http') return options
  const [name = ''] = Object.keys(defined(given ?? {}))
  throw refused(`http.${name}`, undefined, 'the proxy has protocol tcp', 'nothing, or protocol http')
}

function readProxyProtocol(given: ProxyFields['proxy_protocol']): ProxyProtocolOptions | undefined {
  const { accept, send } = given ?? {}
  return definedOrNone({ accept: accept === true ? accept : undefined, send })
}

/** A proxy as users write it, but for its name. */
type WrittenProxy = Pick<NewProxy, 'listen' | 'upstream' | 'enabled' | 'protocol'> & {
  readonly http?: Fields
  readonly tls?: Fields
  readonly proxy_protocol?: ProxyProtocolOptions
}

/** With what stands for certificates and keys in their place. */
export function proxyFields(proxy: Omit<NewProxy, 'name'>): WrittenProxy {
  return written(proxy, tlsFields)
}

/** What a proxy is, as it could be written: keys included, so this is for nobody's eyes. */
export function documentOf(proxy: NewProxy): Fields {
  return { name: proxy.name, ...written(proxy, tlsDocument) }
}

function written(
  { listen, upstream, enabled, protocol, http, tls, proxyProtocol }: Omit<NewProxy, 'name'>,
  tlsOf: (tls: TlsOptions) => Fields,
): WrittenProxy {
  const settings = { http: http && httpFields(http), tls: tls && tlsOf(tls), proxy_protocol: proxyProtocol }
  return { listen, upstream, enabled, protocol, ...defined(settings) }
}

function httpFields({ forwardedFor, headerFaults, maxHead, maxHeaders, ...same }: HttpOptions): Fields {
  const renamed = {
    forwarded_for: forwardedFor,
    header_faults: headerFaults,
    max_head: maxHead,
    max_headers: maxHeaders,
  }
  return { ...same, ...defined(renamed) }
}

function tlsDocument({ upstream, listen, peek }: TlsOptions): Fields {
  const { clientCa, authority, ...ofListen } = listen ?? {}
  const made = authority === undefined ? undefined : true
  return defined({
    upstream,
    listen: listen && { ...ofListen, ...defined({ client_ca: clientCa, authority: made }) },
    peek,
  })
}

/** Reading certificates takes its time, and lists, events and diffs show all of them. */
const shown = new WeakMap<TlsOptions, Fields>()

/** The same with what stands for certificates and keys in their place. */
function tlsFields(tls: TlsOptions): Fields {
  const known = shown.get(tls)
  if (known !== undefined) return known
  const fields = Object.fromEntries(
    Object.entries(tlsDocument(tls)).map(([part, of]) => [
      part,
      isFields(of) ? Object.fromEntries(Object.entries(of).map(([name, value]) => [name, shownAs(name, value)])) : of,
    ]),
  )
  shown.set(tls, fields)
  return fields
}

const CERTIFICATES: ReadonlySet<string> = new Set(['ca', 'cert', 'client_ca'])

function shownAs(name: string, value: unknown): unknown {
  if (name === 'key') return SET
  return CERTIFICATES.has(name) && typeof value === 'string' ? describeCertificates(value) : value
}

/**
 * What was read can be sent back: texts that stand for certificates and keys leave those as they are, and a proxy without faults says that it has none.
 */
function withoutShown(patch: Fields, before: Fields): Fields {
  const { owner: _owner, revision: _revision, ...written } = patch
  const { faults, ...rest } = written
  const others = Array.isArray(faults) && faults.length === 0 ? rest : written
  const { tls } = others
  const tlsBefore = before['tls']
  if (!isFields(tls) || !isFields(tlsBefore)) return others
  return { ...others, tls: withoutMarks(tls, tlsBefore) }
}

function withoutMarks(given: Fields, before: Fields): Fields {
  const entries = Object.entries(given).flatMap(([name, value]): [string, unknown][] => {
    const old = before[name]
    if (isFields(value) && isFields(old)) return [[name, withoutMarks(value, old)]]
    const isMark = typeof value === 'string' && value.startsWith(SET)
    return isMark && typeof old === 'string' ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

function merge(before: Fields, patch: Fields): Fields {
  const merged = new Map(Object.entries(before))
  for (const [name, value] of Object.entries(patch)) {
    const old = merged.get(name)
    if (value === null) merged.delete(name)
    else merged.set(name, isFields(value) ? merge(isFields(old) ? old : {}, value) : value)
  }
  return Object.fromEntries(merged)
}
