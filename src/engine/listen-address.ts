import { readFile } from 'node:fs/promises'
import { isIP, isIPv6, SocketAddress } from 'node:net'
import { joinHostPort, parseAddress, type UnixAddress } from '../core/address.ts'
import { FoulweatherError } from '../core/errors.ts'
import { lookupAll } from './lookup.ts'

/** Where to listen, with names resolved. */
export type ListenAddress = ResolvedTcpAddress | (UnixAddress & { readonly text: string })

export interface ResolvedTcpAddress {
  readonly kind: 'tcp'
  /** Numeric; `::` stands for every interface, IPv4 included. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** Canonical: `127.0.0.1:5432`, `[::]:5432`. */
  readonly text: string
  /** For error texts: "every interface" as it was asked for (`:5432`, `0.0.0.0:5432`), otherwise as `text`. */
  readonly asked: string
}

const EVERY_INTERFACE = new Set(['0.0.0.0', '::'])

/**
 * Reads and resolves a listen address. An empty text means every interface and any free port. IPv4 is preferred, so that
 * `localhost:0` is `127.0.0.1:N`: several Toxiproxy clients cut `listen` at its only colon.
 *
 * @throws FoulweatherError `listen_failed`, worded as Go's `net` package words it.
 */
export async function resolveListen(text: string): Promise<ListenAddress> {
  const address = parseAddress(text === '' ? ':0' : text)
  if (address.kind === 'bad')
    throw new FoulweatherError('listen_failed', address.text, { field: 'listen', value: text })
  if (address.kind === 'unix') return { ...address, text: `unix:${address.path}` }
  if (/^[+-]\d+$/.test(address.port)) throw invalidPort(address.port, text)
  const port = await resolvePort(address.port, text)
  const resolved = address.host === '' ? '::' : canonical(await resolveHost(address.host, text))
  const host = EVERY_INTERFACE.has(resolved) ? '::' : resolved
  const asked = joinHostPort(host === '::' ? address.host : host, port)
  return { kind: 'tcp', host, port, text: joinHostPort(host, port), asked }
}

/**
 * Whether a proxy that listens at `stored` listens where `wanted` asks. `stored` is as it is reported or, of a proxy that was never
 * started, as it was written; every spelling of "every interface" is the same. A wanted port of 0 is never the same: it asks for a new one.
 */
export function sameListen(stored: string, wanted: ListenAddress): boolean {
  return everyInterfaceOnce(stored) === wanted.text && !(wanted.kind === 'tcp' && wanted.port === 0)
}

function everyInterfaceOnce(text: string): string {
  const address = parseAddress(text)
  if (address.kind !== 'tcp' || (address.host !== '' && !EVERY_INTERFACE.has(address.host))) return text
  return joinHostPort('::', address.port)
}

async function resolvePort(port: string, text: string): Promise<number> {
  if (/^\d+$/.test(port)) {
    const number = Number(port)
    if (number <= 65_535) return number
    throw invalidPort(port, text)
  }
  if (port === '') return 0
  const known = await servicePort(port)
  if (known !== undefined) return known
  throw new FoulweatherError('listen_failed', `lookup tcp/${port}: unknown port`, { field: 'listen', value: text })
}

function invalidPort(port: string, text: string): FoulweatherError {
  return new FoulweatherError('listen_failed', `address ${port}: invalid port`, { field: 'listen', value: text })
}

/** Node has no getservbyname(3). */
async function servicePort(name: string): Promise<number | undefined> {
  const table = await readFile('/etc/services', 'utf8').catch(() => '')
  for (const line of table.split('\n')) {
    const [service, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (port?.endsWith('/tcp') !== true || (service !== name && !aliases.includes(name))) continue
    return Number.parseInt(port, 10)
  }
  return undefined
}

/**
 * The one spelling of an IPv6 address that bound sockets report, so that `[0:0:0:0:0:0:0:1]:80` is not taken for another place than
 * `[::1]:80`. What has a zone (`fe80::1%eth0`) is left as it is: the zone would get lost.
 */
function canonical(host: string): string {
  return isIPv6(host) && !host.includes('%') ? new SocketAddress({ address: host, family: 'ipv6' }).address : host
}

/** So long may a name of a listen address take: whoever asks for it waits. */
const LOOKUP_LIMIT_MS = 5000

async function resolveHost(host: string, text: string): Promise<string> {
  if (isIP(host) !== 0) return host
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = (why: string, cause?: Error): void =>
    reject(new FoulweatherError('listen_failed', `lookup ${host}: ${why}`, { field: 'listen', value: text, cause }))
  const limit = setTimeout(fail, LOOKUP_LIMIT_MS, 'i/o timeout')
  lookupAll(host, (error, [first]) => {
    if (first === undefined) fail('no such host', error ?? undefined)
    else resolve(first.address)
  })
  return promise.finally(() => clearTimeout(limit))
}
