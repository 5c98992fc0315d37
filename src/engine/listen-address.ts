import { readFile } from 'node:fs/promises'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { joinHostPort, parseAddress, type UnixAddress } from '../core/address.ts'
import { FoulweatherError } from '../core/errors.ts'

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
}

const EVERY_INTERFACE = new Set(['', '0.0.0.0', '::'])

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
  const port = await resolvePort(address.port, text)
  const host = EVERY_INTERFACE.has(address.host) ? '::' : await resolveHost(address.host, text)
  return { kind: 'tcp', host, port, text: joinHostPort(host, port) }
}

/**
 * Whether a proxy that listens at `stored` (as it is reported) listens where `wanted` asks. Every spelling of "every interface"
 * is the same. A wanted port of 0 is never the same: it asks for a new one.
 */
export function sameListen(stored: string, wanted: ListenAddress): boolean {
  return stored === wanted.text && !(wanted.kind === 'tcp' && wanted.port === 0)
}

async function resolvePort(port: string, text: string): Promise<number> {
  if (/^\d+$/.test(port)) {
    const number = Number(port)
    if (number <= 65_535) return number
    throw new FoulweatherError('listen_failed', `address ${port}: invalid port`, { field: 'listen', value: text })
  }
  if (port === '') return 0
  const known = await servicePort(port)
  if (known !== undefined) return known
  throw new FoulweatherError('listen_failed', `lookup tcp/${port}: unknown port`, { field: 'listen', value: text })
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

async function resolveHost(host: string, text: string): Promise<string> {
  if (isIP(host) !== 0) return host
  try {
    const { address } = await lookup(host, { order: 'ipv4first' })
    return address
  } catch (cause) {
    throw new FoulweatherError('listen_failed', `lookup ${host}: no such host`, { field: 'listen', value: text, cause })
  }
}
