/**
 * HAProxy's PROXY protocol: a header at the beginning of a connection that tells whose connection it is
 * (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, to whose sections the comments refer).
 */
import { looksLike } from '../tls/looks-like.ts'
import { bad, endsOf, MORE, type Endpoint, type HeaderReading } from './endpoint.ts'
import { PREFIX, readVersion1, version1Header } from './version-1.ts'
import { MAX_VERSION_2, readVersion2, SIGNATURE, version2Header } from './version-2.ts'

export type { Endpoint, HeaderReading } from './endpoint.ts'

/** Nobody has to keep more than these to know a header. */
export const MAX_HEADER_BYTES = MAX_VERSION_2

const LINE = Buffer.from(PREFIX)

/**
 * Reads a header of either version from the beginning of a connection, whose bytes may come in any pieces: until it is whole the answer is `more`,
 * and the same bytes are given again with others behind them. It never throws, and answers `bad` as early as it can.
 */
export function readProxyHeader(bytes: Buffer): HeaderReading {
  for (const [beginning, read] of [
    [LINE, readVersion1],
    [SIGNATURE, readVersion2],
  ] as const) {
    const known = bytes.subarray(0, beginning.length)
    if (known.equals(beginning)) return read(bytes)
    if (known.equals(beginning.subarray(0, known.length))) return MORE
  }
  return bad(`there is none: the connection begins with what looks like ${looksLike(bytes)}`)
}

/**
 * The header for a connection from `source` to `destination`. Where these are of different families of IP, both are told of as IPv6; where one is not
 * known, or the version knows no such address, it says so (UNKNOWN, LOCAL). To be written in one piece: receivers may refuse one that comes in several.
 */
export function proxyHeader(
  version: 'v1' | 'v2',
  source: Endpoint | undefined,
  destination: Endpoint | undefined,
): Buffer {
  const ends = endsOf(source, destination)
  return version === 'v1' ? version1Header(ends) : version2Header(ends)
}
