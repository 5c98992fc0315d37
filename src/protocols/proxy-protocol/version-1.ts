import { bad, MORE, type Endpoint, type Ends, type HeaderReading } from './endpoint.ts'
import { formatIp, parseIp, unmapped } from './ip-address.ts'

/** All that a line may have, its end included (section 2.1). */
const MAX_LINE = 107

export const PREFIX = 'PROXY '

const CR = 0x0d
const LF = 0x0a

/** Reads the line of version 1 (section 2.1) from bytes that begin with `PREFIX`. */
export function readVersion1(bytes: Buffer): HeaderReading {
  const line = bytes.subarray(0, MAX_LINE)
  const end = line.findIndex((byte) => byte === CR || byte === LF)
  if (end < 0 || (end === line.length - 1 && line[end] === CR)) {
    return line.length < MAX_LINE ? MORE : bad(`its line does not end within ${MAX_LINE} bytes`)
  }
  if (line[end] !== CR || line[end + 1] !== LF) return bad('its line does not end with CR and LF')
  return readLine(line.toString('latin1', PREFIX.length, end), end + 2)
}

function readLine(line: string, length: number): HeaderReading {
  const [family = '', from = '', to = '', fromPort = '', toPort = '', ...more] = line.split(' ')
  if (family === 'UNKNOWN') return { kind: 'header', version: 'v1', length, source: undefined, destination: undefined }
  const size = family === 'TCP4' ? 4 : 16
  if (family !== 'TCP4' && family !== 'TCP6') return bad('its line names neither TCP4, TCP6 nor UNKNOWN')
  const source = endpoint(size, from, fromPort)
  const destination = endpoint(size, to, toPort)
  if (source === undefined || destination === undefined || more.length > 0) {
    return bad(`its line has not two ${size === 4 ? 'IPv4' : 'IPv6'} addresses and two ports behind ${family}`)
  }
  return { kind: 'header', version: 'v1', length, source, destination }
}

/** Zeros in front of ports are refused as in addresses. */
const PORT = /^(?:0|[1-9]\d{0,4})$/

function endpoint(size: number, address: string, port: string): Endpoint | undefined {
  const bytes = parseIp(address)
  if (bytes?.length !== size || !PORT.test(port) || Number(port) > 0xffff) return undefined
  return { address: formatIp(unmapped(bytes)), port: Number(port) }
}

/** Version 1 knows no socket files: they are UNKNOWN. */
export function version1Header(ends: Ends | undefined): Buffer {
  if (ends?.family !== 'ip') return Buffer.from(`${PREFIX}UNKNOWN\r\n`)
  const { source, destination, ports } = ends
  const family = source.length === 4 ? 'TCP4' : 'TCP6'
  return Buffer.from(`${PREFIX}${family} ${formatIp(source)} ${formatIp(destination)} ${ports.join(' ')}\r\n`)
}
