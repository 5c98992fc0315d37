import { crc32c } from './crc32c.ts'
import { bad, MORE, unixEndpoint, type Endpoint, type Ends, type HeaderReading } from './endpoint.ts'
import { formatIp, unmapped } from './ip-address.ts'

export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** Signature, version and command, family and transport, length of what follows. */
const FIXED = 16

/** What follows: addresses and then fields with whatever senders like to tell, up to certificates of clients. Servers stop at 4 to 16 KiB. */
const MAX_REST = 16 * 1024

export const MAX_VERSION_2 = FIXED + MAX_REST

const VERSION = 2
const LOCAL = 0
const PROXY = 1

const INET = 1
const INET6 = 2
const UNIX = 3
const STREAM = 1

const UNIX_NAME = 108

/** Bytes of both addresses (and ports) by family. */
const ADDRESSES: Readonly<Record<number, number>> = { [INET]: 12, [INET6]: 36, [UNIX]: 2 * UNIX_NAME }

/** Reads the header of version 2 (section 2.2) from bytes that begin with `SIGNATURE`. */
export function readVersion2(bytes: Buffer): HeaderReading {
  const [versionAndCommand, kind = 0] = bytes.subarray(SIGNATURE.length)
  if (versionAndCommand === undefined) return MORE
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== VERSION) return bad(`it says version ${versionAndCommand >> 4}, of 2`)
  if (command !== LOCAL && command !== PROXY) return bad(`its command is ${command}, of 0 (LOCAL) and 1 (PROXY)`)
  if (bytes.length < FIXED) return MORE
  const rest = bytes.readUInt16BE(FIXED - 2)
  if (rest > MAX_REST) return bad(`it says that it has ${rest} bytes behind its first ${FIXED}, of at most ${MAX_REST}`)
  if (bytes.length < FIXED + rest) return MORE
  const header = bytes.subarray(0, FIXED + rest)
  // A sender that speaks for itself: whatever else it says is not looked at.
  return command === LOCAL ? read(header) : readProxied(header, kind >> 4, kind & 0x0f)
}

function readProxied(header: Buffer, family: number, transport: number): HeaderReading {
  if (family > UNIX || transport > 2) return bad('its address family or transport is none that the protocol knows')
  const length = ADDRESSES[family]
  // With one of the two not said, the form of what follows is not said either.
  if (length === undefined || transport === 0) return read(header)
  if (header.length < FIXED + length) return bad('it is too short for its addresses')
  const problem = checkFields(header, FIXED + length)
  if (problem !== undefined) return bad(problem)
  return read(header, addressesIn(header.subarray(FIXED, FIXED + length), family))
}

function read(header: Buffer, [source, destination]: readonly Endpoint[] = []): HeaderReading {
  return { kind: 'header', version: 'v2', length: header.length, source, destination }
}

/** Datagrams are told of like streams: whoever sends such a header over TCP means their addresses. */
function addressesIn(block: Buffer, family: number): readonly Endpoint[] {
  if (family === UNIX) return [unixEndpoint(block.subarray(0, UNIX_NAME)), unixEndpoint(block.subarray(UNIX_NAME))]
  const size = family === INET ? 4 : 16
  return [0, 1].map((index) => ({
    address: formatIp(unmapped(block.subarray(index * size, (index + 1) * size))),
    port: block.readUInt16BE(2 * size + 2 * index),
  }))
}

const TYPE_CRC32C = 0x03
const FIELD_HEADER = 3

/** What is wrong with the fields behind the addresses. They are passed over, but for a checksum (section 2.2.3): that has to be right. */
function checkFields(header: Buffer, from: number): string | undefined {
  for (let at = from; at < header.length;) {
    const value = at + FIELD_HEADER
    const end = value <= header.length ? value + header.readUInt16BE(at + 1) : Infinity
    if (end > header.length) return 'a field behind its addresses is cut'
    if (header[at] === TYPE_CRC32C) {
      if (end - value !== 4) return `its checksum has ${end - value} bytes, of 4`
      const sum = crc32c(header.subarray(0, value), Buffer.alloc(4), header.subarray(end))
      if (sum !== header.readUInt32BE(value)) return 'its checksum does not fit'
    }
    at = end
  }
  return undefined
}

/**
 * Where nothing can be told, the sender speaks for itself (LOCAL): every receiver takes that connection for what it is. One on behalf of somebody of no
 * family would say more, but receivers may refuse it, and HAProxy does.
 */
export function version2Header(ends: Ends | undefined): Buffer {
  if (ends === undefined) return framed(LOCAL, 0, Buffer.alloc(0))
  if (ends.family === 'ip') {
    const ports = Buffer.alloc(4)
    ends.ports.forEach((port, index) => ports.writeUInt16BE(port, 2 * index))
    const family = ends.source.length === 4 ? INET : INET6
    return framed(PROXY, (family << 4) | STREAM, Buffer.concat([ends.source, ends.destination, ports]))
  }
  const names = Buffer.alloc(2 * UNIX_NAME)
  // A name that does not fit is none that a kernel knows.
  if (ends.source.length <= UNIX_NAME) ends.source.copy(names, 0)
  if (ends.destination.length <= UNIX_NAME) ends.destination.copy(names, UNIX_NAME)
  return framed(PROXY, (UNIX << 4) | STREAM, names)
}

function framed(command: number, kind: number, rest: Buffer): Buffer {
  const fixed = Buffer.concat([SIGNATURE, Buffer.from([(VERSION << 4) | command, kind, 0, 0])])
  fixed.writeUInt16BE(rest.length, FIXED - 2)
  return Buffer.concat([fixed, rest])
}
