import { isUtf8 } from 'node:buffer'
import { mapped, parseIp, unmapped } from './ip-address.ts'

/** One end of a connection. */
export interface Endpoint {
  /**
   * An IP address without brackets (IPv4 never in the form `::ffff:1.2.3.4`), or a socket file: `unix:/path`, `unix:@name` where it has no file
   * (Linux: abstract), `unix` where it has no name, or one that is no text (UTF-8).
   */
  readonly address: string
  /** 0…65535; 0 of a socket file. */
  readonly port: number
}

/**
 * - `header`: the first `length` bytes are a header, to be taken away. `source` is the client that it speaks of and `destination` where that one
 *   connected to; both are `undefined` where it speaks of none (UNKNOWN, LOCAL): then the connection is what it looks like.
 * - `more`: as far as it goes it may be one, and more bytes will show. Never said of `MAX_HEADER_BYTES` bytes.
 * - `bad`: it is none; `text` says why, as the end of a sentence.
 */
export type HeaderReading =
  | {
      readonly kind: 'header'
      readonly version: 'v1' | 'v2'
      readonly length: number
      readonly source: Endpoint | undefined
      readonly destination: Endpoint | undefined
    }
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly text: string }

export const MORE: HeaderReading = { kind: 'more' }

export function bad(text: string): HeaderReading {
  return { kind: 'bad', text }
}

/** Two ends as bytes, of one family: of IP with their ports, or the names of socket files. */
export type Ends =
  | {
      readonly family: 'ip'
      readonly source: Buffer
      readonly destination: Buffer
      readonly ports: readonly [source: number, destination: number]
    }
  | { readonly family: 'unix'; readonly source: Buffer; readonly destination: Buffer }

/**
 * Both ends as a header can tell of them. IPv4 beside IPv6 becomes IPv6. `undefined` = it cannot: one is not known, or they are of different kinds.
 */
export function endsOf(source: Endpoint | undefined, destination: Endpoint | undefined): Ends | undefined {
  if (source === undefined || destination === undefined) return undefined
  const names = [unixName(source), unixName(destination)] as const
  if (names[0] !== undefined && names[1] !== undefined) {
    return { family: 'unix', source: names[0], destination: names[1] }
  }
  const from = ipOf(source)
  const to = ipOf(destination)
  if (from === undefined || to === undefined) return undefined
  const alike = from.length === to.length
  return {
    family: 'ip',
    source: alike ? from : mapped(from),
    destination: alike ? to : mapped(to),
    ports: [source.port, destination.port],
  }
}

function ipOf({ address, port }: Endpoint): Buffer | undefined {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) return undefined
  // The zone of a link-local address means something on one machine alone.
  const bytes = parseIp(address.replace(/%.*$/s, ''))
  return bytes === undefined ? undefined : unmapped(bytes)
}

const PREFIX = 'unix:'

/** As in the address of a socket: an abstract name has a zero in front. */
function unixName({ address }: Endpoint): Buffer | undefined {
  if (address === 'unix') return Buffer.alloc(0)
  if (!address.startsWith(PREFIX)) return undefined
  const path = address.slice(PREFIX.length)
  return Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path)
}

/** @param name with zeros behind it, as the address of a socket has it. */
export function unixEndpoint(name: Buffer): Endpoint {
  const abstract = name[0] === 0
  const zero = name.indexOf(0)
  const bytes = abstract
    ? name.subarray(1, name.findLastIndex((byte) => byte !== 0) + 1)
    : name.subarray(0, zero < 0 ? name.length : zero)
  // What is no text would become another name, which may be longer than any.
  if (bytes.length === 0 || !isUtf8(bytes)) return { address: 'unix', port: 0 }
  const text = bytes.toString()
  // A file may be called so, too: in its own directory, as a shell would have it.
  const file = text.startsWith('@') ? `./${text}` : text
  return { address: `${PREFIX}${abstract ? `@${text}` : file}`, port: 0 }
}
