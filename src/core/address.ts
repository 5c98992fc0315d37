/** Addresses as users write them. Texts of refusals follow Go's `net` package, because Toxiproxy's clients know them. */

export type Address = TcpAddress | UnixAddress

export interface TcpAddress {
  readonly kind: 'tcp'
  /** A name, an IPv4 address, an IPv6 address without brackets, or empty (every interface). */
  readonly host: string
  /** A number or a service name, not checked here. */
  readonly port: string
}

export interface UnixAddress {
  readonly kind: 'unix'
  readonly path: string
}

/** Why an address text cannot be read. */
export interface BadAddress {
  readonly kind: 'bad'
  readonly text: string
}

const UNIX_PREFIX = 'unix:'

/** Reads `host:port`, `[v6]:port`, `:port` or `unix:/path`. */
export function parseAddress(text: string): Address | BadAddress {
  if (text.startsWith(UNIX_PREFIX)) {
    const path = text.slice(UNIX_PREFIX.length)
    return path === '' ? bad(text, 'missing path in unix address') : { kind: 'unix', path }
  }
  const colon = text.lastIndexOf(':')
  if (colon < 0) return bad(text, 'missing port in address')
  if (text.startsWith('[')) return parseBracketed(text, colon)
  const host = text.slice(0, colon)
  if (host.includes(':')) return bad(text, 'too many colons in address')
  if (host.includes('[') || host.includes(']')) return bad(text, "unexpected '[' or ']' in address")
  return { kind: 'tcp', host, port: text.slice(colon + 1) }
}

function parseBracketed(text: string, colon: number): Address | BadAddress {
  const close = text.indexOf(']')
  if (close < 0) return bad(text, "missing ']' in address")
  if (close + 1 === text.length) return bad(text, 'missing port in address')
  if (close + 1 !== colon)
    return bad(text, text[close + 1] === ':' ? 'too many colons in address' : 'missing port in address')
  return { kind: 'tcp', host: text.slice(1, close), port: text.slice(colon + 1) }
}

function bad(text: string, why: string): BadAddress {
  return { kind: 'bad', text: `address ${text}: ${why}` }
}

/** `[v6]:port` or `host:port`. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is

/** What to write instead of a URL where an address is wanted; `undefined` when `text` is not a URL. */
export function addressInUrl(text: string): string | undefined {
  const match = SCHEME.exec(text)
  if (match === null) return undefined
  const authority = authorityOf(match[2] ?? '')
  const port = DEFAULT_PORTS[(match[1] ?? '').toLowerCase()]
  return /:\d+$/.test(authority) || port === undefined ? authority : `${authority}:${port}`
}

/** An upstream that is written as a URL. */
export interface UpstreamUrl {
  readonly kind: 'url'
  /** `host:port`, the port of the scheme where the URL has none. */
  readonly address: string
  /** `https`. */
  readonly tls: boolean
}

/** Why a URL cannot be an upstream, without anything of what it says. */
export interface BadUpstreamUrl {
  readonly kind: 'bad'
  readonly text: string
  readonly expected: string
}

const HTTP_URL = /^(https?):\/\/(.*)$/is
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^\s:[\]@]+)(?::(\d{1,5}))?$/i

/** Reads `http://host[:port]` and `https://host[:port]`; `undefined` = it is no such URL. */
export function readUpstreamUrl(text: string): UpstreamUrl | BadUpstreamUrl | undefined {
  const [, scheme, rest = ''] = HTTP_URL.exec(text) ?? []
  if (scheme === undefined) return undefined
  const tls = scheme.toLowerCase() === 'https'
  const expected = `${tls ? 'https' : 'http'}://host or ${tls ? 'https' : 'http'}://host:port`
  const bad = (why: string): BadUpstreamUrl => ({ kind: 'bad', text: why, expected })
  if (rest.includes('@')) return bad('a URL of an upstream has no user: clients say themselves who they are')
  const end = rest.search(/[/?#]/)
  if (end >= 0 && rest.slice(end) !== '/') return bad('a URL of an upstream has no path: requests keep their own')
  const [, host, port = tls ? '443' : '80'] = AUTHORITY.exec(end < 0 ? rest : rest.slice(0, end)) ?? []
  if (host === undefined) return bad('there is no host in this URL, or something else than a port behind it')
  if (Number(port) < 1 || Number(port) > 65_535) return bad('the port of this URL is not one of 1 to 65535')
  return { kind: 'url', address: `${host}:${Number(port)}`, tls }
}

/** What to write instead of an address with a user in front (`user:secret@host:port`); `undefined` when there is none. */
export function addressBehindUser(text: string): string | undefined {
  return text.includes('@') && !text.startsWith(UNIX_PREFIX) ? authorityOf(text) : undefined
}

function authorityOf(text: string): string {
  // What is before the last @ may be a password, and a password may hold an unescaped slash: it goes first.
  return text.replace(/^.*@/s, '').replace(/[/?#].*$/s, '')
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  redis: 6379,
  rediss: 6379,
  amqp: 5672,
  mongodb: 27017,
}
