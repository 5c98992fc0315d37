import { isAscii, isUtf8 } from 'node:buffer'

const REPLACEMENT = '\uFFFD'

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/**
 * The text of a JSON string literal (without its quotes, escapes already checked), as Go reads it: every byte that is not UTF-8
 * and every half of a surrogate pair becomes U+FFFD, so that the text can always be written again.
 */
export function decodeGoString(raw: Buffer): string {
  const text = decodeGoUtf8(raw)
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, unescape).toWellFormed()
}

function unescape(_: string, hex: string | undefined, simple: string): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
  return ESCAPES[simple] ?? simple
}

/** UTF-8 → text with one U+FFFD for each bad byte (WHATWG decoders answer one for several). */
export function decodeGoUtf8(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (isUtf8(bytes)) return bytes.toString()
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = validLength(bytes, at)
    text += length === 0 ? REPLACEMENT : bytes.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return text
}

/** How many bytes the valid character at `at` has; 0 = there is none. */
function validLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  const character = bytes.subarray(at, at + length)
  return character.length === length && isUtf8(character) ? length : 0
}
