import type { ClientHello } from '../../core/handshake.ts'
import { Cursor } from './cursor.ts'
import { looksLike } from './looks-like.ts'
import { readExtensions } from './hello-extensions.ts'

/**
 * What the first bytes of a client are.
 *
 * - `hello`: the beginning of a TLS handshake, whose first `length` bytes are the records of the hello.
 * - `more`: as far as it goes it may be one, and more bytes will show. Never said of `MAX_HELLO_BYTES` bytes.
 * - `not_tls`: it is none that any server would take; `text` says why, as the end of a sentence about the client.
 */
export type HelloReading =
  | { readonly kind: 'hello'; readonly hello: ClientHello; readonly length: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'not_tls'; readonly text: string }

/** Bytes of a hello without the headers of its records. Servers commonly stop at that many; the longest that clients send have a tenth. */
const MAX_HELLO = 16 * 1024

/** Some clients send their hello in small pieces, to get past what looks for names in it. */
const MAX_RECORDS = 64

const RECORD_HEADER = 5
const MESSAGE_HEADER = 4

/** Nobody has to keep more than these to know what a client says first. */
export const MAX_HELLO_BYTES = MAX_HELLO + MAX_RECORDS * RECORD_HEADER

const RECORD_HANDSHAKE = 22
const MESSAGE_CLIENT_HELLO = 1
/** RFC 8446, section 5.1. */
const MAX_RECORD = 2 ** 14

/**
 * Reads the hello of a TLS client from the beginning of its bytes, which may come in any pieces: until it is whole the answer is `more`, and the
 * same bytes are given again with others behind them. It never throws.
 *
 * Records: RFC 8446, section 5.1, with a hello over several of them; the hello: section 4.1.2, and RFC 5246, section 7.4.1.2. What hides in an
 * encrypted hello (ECH) stays hidden: its outer name is told.
 */
export function readClientHello(bytes: Buffer): HelloReading {
  const pieces: Buffer[] = []
  let at = 0
  let have = 0
  for (let records = 0; ; records++) {
    if (records === MAX_RECORDS) return notTls(`its hello is in more than ${MAX_RECORDS} pieces`)
    const length = recordLength(bytes, at)
    if (typeof length !== 'number') return length
    const piece = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length)
    pieces.push(piece)
    have += piece.length
    const total = messageLength(pieces, have)
    if (typeof total === 'object') return total
    if (have >= total) {
      const message = Buffer.concat(pieces, total)
      return helloIn(message, at + RECORD_HEADER + piece.length - (have - total))
    }
    if (piece.length < length) return { kind: 'more' }
    at += RECORD_HEADER + length
  }
}

/** Bytes of the record that begins at `at`, without its header. Each byte of the header is looked at as soon as it is there. */
function recordLength(bytes: Buffer, at: number): number | HelloReading {
  const header = new Cursor(bytes.subarray(at, at + RECORD_HEADER))
  if (header.left >= 1 && header.number(1) !== RECORD_HANDSHAKE) {
    return notTls(at === 0 ? `what it sends looks like ${looksLike(bytes)}` : 'something else comes amid its hello')
  }
  if (header.left >= 1 && header.number(1) !== 3) return notTls('its first record is of no version of TLS')
  header.take(1)
  const length = header.number(2)
  if (header.broken) return { kind: 'more' }
  if (length === 0 || length > MAX_RECORD) {
    return notTls(`a record of its hello has ${length} bytes, of 1 to ${MAX_RECORD}`)
  }
  return length
}

/** Bytes of the hello with its header; more than there are while it is not known. */
function messageLength(pieces: readonly Buffer[], have: number): number | HelloReading {
  if (have > 0 && pieces[0]?.[0] !== MESSAGE_CLIENT_HELLO) return notTls('it begins with another message than a hello')
  if (have < MESSAGE_HEADER) return Infinity
  const total = MESSAGE_HEADER + Buffer.concat(pieces, MESSAGE_HEADER).readUIntBE(1, 3)
  return total > MAX_HELLO ? notTls(`its hello has ${total} bytes, of at most ${MAX_HELLO}`) : total
}

function helloIn(message: Buffer, length: number): HelloReading {
  const body = new Cursor(message.subarray(MESSAGE_HEADER))
  const version = body.number(2)
  body.take(32)
  const session = body.field(1)
  const ciphers = body.field(2)
  const compression = body.field(1)
  // Before TLS 1.3 a hello could end here.
  const extensions = body.left > 0 ? body.field(2) : Buffer.alloc(0)
  const sound = session.length <= 32 && ciphers.length >= 2 && ciphers.length % 2 === 0 && compression.length >= 1
  if (!body.whole || !sound) return notTls('its hello is malformed')
  const read = readExtensions(extensions)
  if (typeof read === 'string') return notTls(read)
  const { servername, alpn = [], newest } = read
  // Where there is a list of versions the old field does not count, whatever it says (RFC 8446, section 4.2.1).
  if (newest === undefined && version >> 8 !== 3) return notTls('its hello is of no version of TLS')
  return { kind: 'hello', hello: { servername, alpn, version: newest ?? version }, length }
}

function notTls(text: string): HelloReading {
  return { kind: 'not_tls', text: `it does not speak TLS: ${text}` }
}
