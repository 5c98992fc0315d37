import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { type ErrorCode, FoulweatherError } from '../core/errors.ts'

/** Who may call the admin API. */
export interface AccessRules {
  /** Wanted as `Authorization: Bearer <token>`; absent = no token is wanted. */
  readonly token?: string | undefined
  /** Host names beyond those that need no permission. */
  readonly allowHosts: readonly string[]
}

/**
 * Refuses what a web page could send: a page of a name that was made to resolve to this machine (by its Host), and a page of
 * another origin (by its Origin).
 *
 * @throws FoulweatherError `host_refused`, `origin_refused`.
 */
export function checkCaller({ host, origin }: IncomingHttpHeaders, { allowHosts }: AccessRules): void {
  // Only HTTP/1.0 programs send none; every browser does.
  if (host !== undefined && !hostAllowed(host, allowHosts)) throw refusal('host_refused', 'Host', host, HOSTS)
  if (origin !== undefined && !isOwnOrigin(origin, host)) throw refusal('origin_refused', 'Origin', origin, ORIGINS)
}

const HOSTS = 'an IP address, localhost, a single-label name, or a name allowed with --allow-host'
const ORIGINS = 'none, or the one that the Host header names'

function refusal(code: ErrorCode, field: string, value: string, expected: string): FoulweatherError {
  const text = `${field} is ${JSON.stringify(value)}; the admin API accepts ${expected}`
  return new FoulweatherError(code, text, { field, value, expected })
}

/** Whether the browser itself says that the request comes from a page of this server. */
export function isSameOrigin({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return site === 'same-origin' || (origin !== undefined && isOwnOrigin(origin, host))
}

/** @throws FoulweatherError `unauthorized`. */
export function checkToken({ authorization }: IncomingHttpHeaders, { token }: AccessRules): void {
  if (token === undefined) return
  const given = /^bearer +(.*)$/i.exec(authorization ?? '')?.[1] ?? ''
  // Digests have equal lengths, so that the time taken tells nothing about the token.
  if (timingSafeEqual(digest(given), digest(token))) return
  const why = authorization === undefined ? 'there is no Authorization header' : 'the token is not the right one'
  throw new FoulweatherError('unauthorized', `${why}; send Authorization: Bearer <token>`, {
    field: 'Authorization',
    expected: 'Bearer <token>',
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Never delegated to anybody; container engines call their host `host.docker.internal` and `host.containers.internal`. */
const OWN_ZONES = ['.localhost', '.docker.internal', '.containers.internal']

/** Names that no page of the web can have: addresses, this machine, single labels (containers, hosts files), and allowed ones. */
function hostAllowed(host: string, allowHosts: readonly string[]): boolean {
  const name = hostName(host)
  if (name === undefined) return false
  if (isIP(name) !== 0 || name === 'localhost' || OWN_ZONES.some((zone) => name.endsWith(zone))) return true
  return /^[a-z0-9_-]+$/.test(name) || allowHosts.some((allowed) => allowed.toLowerCase() === name)
}

/** The name in a Host header: lower case, without port, brackets and final dot. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/[\]]+))(?::\d*)?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '')
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin)
  return host !== undefined && match?.[1]?.toLowerCase() === host.toLowerCase()
}
