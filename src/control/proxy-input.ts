import { addressBehindUser, addressInUrl } from '../core/address.ts'
import { defined } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { Protocol, ProxyPlan } from '../core/plan.ts'

/** A new proxy as it is asked for. */
export interface ProxyInput {
  readonly name?: string | undefined
  /** Default: every interface, any free port. */
  readonly listen?: string | undefined
  readonly upstream?: string | undefined
  /** Default: true. */
  readonly enabled?: boolean | undefined
  /** `tcp` or `http`; default, and what an empty text stands for: `tcp`. */
  readonly protocol?: string | undefined
}

/** What may be changed of a proxy; what is not given stays as it is. */
export type ProxyUpdate = Omit<ProxyInput, 'name' | 'protocol'>

/** A new proxy, checked. */
export interface NewProxy extends ProxySettings {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
}

/** What a proxy does with the bytes, beside relaying them. */
export type ProxySettings = Pick<ProxyPlan, 'protocol' | 'http' | 'tls' | 'proxyProtocol'>

/** What of a proxy is neither an address nor a switch: nothing where nothing is said. */
export function settingsOf({ protocol, http, tls, proxyProtocol }: ProxySettings): ProxySettings {
  return { protocol, ...defined({ http, tls, proxyProtocol }) }
}

/** What a proxy is that nothing is said of. */
export const PLAIN: ProxySettings = { protocol: 'tcp' }

/** Longer ones do not fit into a URL with everything else, and stand in every log line and metric. */
const LONGEST_NAME_BYTES = 1024

/** @throws FoulweatherError `invalid_value` for a name that no URL could address again. */
export function refuseUnusableName(name: string, where = ''): void {
  const bytes = Buffer.byteLength(name)
  const wrong =
    bytes > LONGEST_NAME_BYTES ? `has ${bytes} bytes` : `is ${JSON.stringify(name)}, which a URL cannot name`
  if (bytes <= LONGEST_NAME_BYTES && name !== '.' && name !== '..') return
  const expected = `at most ${LONGEST_NAME_BYTES} bytes of UTF-8, and not "." or ".."`
  throw new FoulweatherError('invalid_value', `name${where} ${wrong}; it may have ${expected}`, {
    field: 'name',
    value: name.slice(0, 100),
    expected,
  })
}

/**
 * @param where added to the texts of refusals: ` at proxy 2`.
 * @throws FoulweatherError `missing_field`, `invalid_value`.
 */
export function checkProxyInput(input: ProxyInput, where = ''): NewProxy {
  const name = required('name', input.name, where)
  refuseUnusableName(name, where)
  const upstream = required('upstream', input.upstream, where)
  const listen = input.listen ?? ''
  refuseUnusableAddresses({ listen, upstream }, where)
  const protocol = readProtocol(input.protocol, where) ?? PLAIN.protocol
  return { name, listen, upstream, enabled: input.enabled ?? true, protocol }
}

/** Whether it names a protocol; an empty text does not. */
export function saysProtocol({ protocol = '' }: Pick<ProxyInput, 'protocol'>): boolean {
  return protocol !== ''
}

/** @throws FoulweatherError `invalid_value`. */
function readProtocol(given = '', where: string): Protocol | undefined {
  if (given === '') return undefined
  if (given === 'tcp' || given === 'http') return given
  const expected = '"tcp" or "http"'
  const value = given.slice(0, 100)
  throw new FoulweatherError('invalid_value', `protocol${where} is ${JSON.stringify(value)}; it may be ${expected}`, {
    field: 'protocol',
    value,
    expected,
  })
}

/** No host name or path is longer, and it stands in every log line and metric. */
const LONGEST_ADDRESS = 4096

/** @throws FoulweatherError `invalid_value`. */
export function refuseUnusableAddresses(addresses: Pick<NewProxy, 'listen' | 'upstream'>, where = ''): void {
  for (const field of ['listen', 'upstream'] as const) {
    const { length } = addresses[field]
    if (length <= LONGEST_ADDRESS) continue
    const expected = `at most ${LONGEST_ADDRESS} characters`
    const value = `${addresses[field].slice(0, 100)}…`
    const text = `${field}${where} has ${length} characters; it may have ${expected}`
    throw new FoulweatherError('invalid_value', text, { field, value, expected })
  }
  refuseUrl(addresses.upstream, where)
}

/**
 * Everything else that cannot be dialled is taken, and fails when it is dialled; a URL, or the part of one that has a user in it, is the one
 * mistake that is made often and that no dial could ever mend.
 *
 * @throws FoulweatherError `invalid_value`.
 */
function refuseUrl(upstream: string, where = ''): void {
  const inUrl = addressInUrl(upstream)
  const address = inUrl ?? addressBehindUser(upstream)
  if (address === undefined) return
  const expected = `host:port, for example ${JSON.stringify(address)}`
  // There often is a password in front of the @, which must not get into an answer or a log.
  // Anchored: a search that starts again at every slash of a megabyte of them stood still for minutes.
  const value = inUrl === undefined ? upstream.replace(/^.*@/s, '…@') : upstream.replace(/^([^/]*\/\/).*@/s, '$1…@')
  const what =
    inUrl === undefined ? `${JSON.stringify(value)}, with a user in front of the @` : `the URL ${JSON.stringify(value)}`
  throw new FoulweatherError(
    'invalid_value',
    `upstream${where} is ${what}; a proxy forwards bytes to an address: write ${expected}`,
    { field: 'upstream', value, expected },
  )
}

function required(field: string, value: string | undefined, where: string): string {
  if (value !== undefined && value !== '') return value
  throw new FoulweatherError('missing_field', `missing required field: ${field}${where}`, { field })
}
