import { parseAddress } from '../core/address.ts'
import { refused } from './tls-input.ts'

/**
 * A text that cannot be an address at all is a mistake of who wrote it; one that cannot be listened on here, or does not answer now, may be right
 * elsewhere, or later.
 *
 * Toxiproxy's API takes such texts, and says so when the proxy starts, or not at all.
 */

const UPSTREAM = 'host:port, [v6]:port, unix:/path, or the URL of an HTTP server'

/** @throws FoulweatherError `invalid_value`. */
export function refuseNoListen(listen: string): void {
  const address = listen === '' ? undefined : parseAddress(listen)
  if (address?.kind !== 'bad') return
  throw refused('listen', listen, address.text, 'host:port, [v6]:port, :port or unix:/path')
}

/** @throws FoulweatherError `invalid_value`. */
export function refuseNoUpstream(upstream: string): void {
  const address = parseAddress(upstream)
  if (address.kind === 'unix') return
  if (address.kind === 'bad') throw refused('upstream', upstream, address.text, UPSTREAM)
  const { port } = address
  if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return
  const why = port === '' ? 'missing port in address' : 'the port is not a number of 1 to 65535'
  throw refused('upstream', upstream, `address ${upstream}: ${why}`, UPSTREAM)
}
