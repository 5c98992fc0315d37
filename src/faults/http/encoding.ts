import * as zlib from 'node:zlib'
import { headerOf, withHeader, withoutHeader, type HeaderList } from '../../core/http.ts'

/** Content codings (RFC 9110, section 8.4.1; `br`: RFC 7932; `zstd`: RFC 8878). Some servers send `deflate` without the frame of zlib. */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'deflate-raw' | 'br' | 'zstd'

const KNOWN: Readonly<Record<string, Coding>> = {
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
}

/** How a body is encoded by what its head says; `undefined` = in a way that is not known here, or in several. */
export function codingOf(headers: HeaderList): Coding | undefined {
  const names = (headerOf({ headers }, 'content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  const [only, ...others] = names
  if (only === undefined) return 'identity'
  return others.length > 0 || !Object.hasOwn(KNOWN, only) ? undefined : KNOWN[only]
}

export type Decoded =
  | { readonly bytes: Buffer; readonly coding: Coding }
  /** It is longer than allowed, or not what its head says. */
  | { readonly because: 'too_long' | 'broken_encoding' }

/** @param most bytes that may come out: no more are ever made, whatever the body promises. */
export function decode(body: Buffer, coding: Coding, most: number): Decoded {
  if (body.length === 0 || coding === 'identity') {
    return body.length > most ? { because: 'too_long' } : { bytes: body, coding }
  }
  const decoded = attempt(body, coding, most)
  if (coding !== 'deflate' || !('because' in decoded) || decoded.because === 'too_long') return decoded
  return attempt(body, 'deflate-raw', most)
}

function attempt(body: Buffer, coding: Coding, most: number): Decoded {
  try {
    return { bytes: DECODERS[coding](body, { maxOutputLength: most }), coding }
  } catch (error) {
    const tooLong = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return { because: tooLong ? 'too_long' : 'broken_encoding' }
  }
}

type Decoder = (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer

const DECODERS: Readonly<Record<Coding, Decoder>> = {
  identity: (body) => body,
  gzip: (body, options) => zlib.gunzipSync(body, options),
  deflate: (body, options) => zlib.inflateSync(body, options),
  'deflate-raw': (body, options) => zlib.inflateRawSync(body, options),
  br: (body, options) => zlib.brotliDecompressSync(body, options),
  zstd: (body, options) => zlib.zstdDecompressSync(body, options),
}

/** Fast rather than small: nothing else happens meanwhile. */
const LEVEL = { level: 1 }
const BROTLI = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } }

const ENCODERS: Readonly<Record<Coding, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => zlib.gzipSync(body, LEVEL),
  deflate: (body) => zlib.deflateSync(body, LEVEL),
  'deflate-raw': (body) => zlib.deflateRawSync(body, LEVEL),
  br: (body) => zlib.brotliCompressSync(body, BROTLI),
  zstd: (body) => zlib.zstdCompressSync(body),
}

export function encode(body: Buffer, coding: Coding): Buffer {
  return ENCODERS[coding](body)
}

/** The list with a `Content-Encoding` that says this, whatever it said before; `undefined` = the body is plain. The same list where it says so already. */
export function labelled(headers: HeaderList, coding: Coding = 'identity'): HeaderList {
  if (codingOf(headers) === coding) return headers
  if (coding === 'identity') return withoutHeader(headers, 'content-encoding')
  return withHeader(headers, 'Content-Encoding', coding === 'deflate-raw' ? 'deflate' : coding)
}
