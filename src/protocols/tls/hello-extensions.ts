import { Cursor } from './cursor.ts'

/** What the extensions of a hello say; `undefined` = it has not that extension. */
export interface HelloExtensions {
  readonly servername: string | undefined
  readonly alpn: readonly string[] | undefined
  /** The newest version of those that are offered. */
  readonly newest: number | undefined
}

const SERVER_NAME = 0
const ALPN = 16
const SUPPORTED_VERSIONS = 43

/** As many as names of hosts may have, and what they are written with (RFC 6066, section 3: ASCII; others are not in DNS). */
const NAME = /^[\x21-\x7e]{1,255}$/

/**
 * Reads the extensions that somebody wants to know of; a text = they are malformed, and how. Where a server would have to refuse a hello, so does
 * this: two readers that understand different names would be worse than none.
 */
export function readExtensions(bytes: Buffer): HelloExtensions | string {
  const list = new Cursor(bytes)
  const found = new Map<number, Buffer>()
  while (list.left > 0) {
    const type = list.number(2)
    const body = list.field(2)
    if (list.broken) return 'the extensions of its hello are malformed'
    // RFC 8446, section 4.2.
    if (found.has(type)) return 'an extension of its hello comes twice'
    found.set(type, body)
  }
  const servername = read(found.get(SERVER_NAME), readServerName)
  if (servername === BROKEN) return 'the server name in its hello is malformed'
  const alpn = read(found.get(ALPN), readProtocols)
  if (alpn === BROKEN) return 'the protocols (ALPN) in its hello are malformed'
  const newest = read(found.get(SUPPORTED_VERSIONS), readNewest)
  if (newest === BROKEN) return 'the versions in its hello are malformed, or none of TLS'
  return { servername, alpn, newest }
}

const BROKEN = Symbol('broken')
type Broken = typeof BROKEN

function read<T>(body: Buffer | undefined, how: (body: Buffer) => T | Broken): T | Broken | undefined {
  return body === undefined ? undefined : how(body)
}

/** RFC 6066, section 3. A list of names, of which one is that of a host. */
function readServerName(body: Buffer): string | undefined | Broken {
  const outer = new Cursor(body)
  const list = new Cursor(outer.field(2))
  if (!outer.whole || list.left === 0) return BROKEN
  let found: string | undefined
  while (list.left > 0) {
    const type = list.number(1)
    const name = list.field(2).toString('latin1')
    if (list.broken || (type === 0 && (found !== undefined || !NAME.test(name)))) return BROKEN
    if (type === 0) found = name.toLowerCase()
  }
  return found
}

/** RFC 7301, section 3.1. Names are bytes: each becomes one character. */
function readProtocols(body: Buffer): readonly string[] | Broken {
  const outer = new Cursor(body)
  const list = new Cursor(outer.field(2))
  if (!outer.whole || list.left === 0) return BROKEN
  const protocols: string[] = []
  while (list.left > 0) {
    const name = list.field(1)
    if (list.broken || name.length === 0) return BROKEN
    if (!isGreaseName(name)) protocols.push(name.toString('latin1'))
  }
  return protocols
}

/** RFC 8446, section 4.2.1. Values that belong to no version, GREASE among them, are there to be passed over. */
function readNewest(body: Buffer): number | Broken {
  const outer = new Cursor(body)
  const versions = outer.field(1)
  if (!outer.whole || versions.length === 0 || versions.length % 2 !== 0) return BROKEN
  let newest = 0
  for (let at = 0; at < versions.length; at += 2) {
    if (versions[at] === 3) newest = Math.max(newest, versions.readUInt16BE(at))
  }
  return newest === 0 ? BROKEN : newest
}

/** RFC 8701, section 2: 0x0a0a, 0x1a1a, …, 0xfafa say nothing. */
function isGreaseName(name: Buffer): boolean {
  const [first = 0, second] = name
  return name.length === 2 && first === second && (first & 0x0f) === 0x0a
}
