/** Bytes of HTTP/1.1 and what they may be part of (RFC 9110, section 5; RFC 9112). Tables are indexed by the byte; 1 = yes. */

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COMMA = 0x2c
export const COLON = 0x3a
export const SEMICOLON = 0x3b
export const EQUALS = 0x3d
export const QUOTE = 0x22
export const BACKSLASH = 0x5c

function table(allowed: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (allowed(byte) ? 1 : 0))
}

function isAlphanumeric(byte: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(byte))
}

/** `tchar`: methods and field names. */
export const TOKEN = table(
  (byte) => isAlphanumeric(byte) || (byte < 0x80 && "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte))),
)

/** What a line may hold: visible characters, space, tab and `obs-text` (0x80 and above, which nobody forbids to pass on). */
export const TEXT = table((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f))

/**
 * A request target: no spaces, no control characters. More than a URI may hold (raw UTF-8, `"`, `{`…): clients send it, servers take it, and it
 * delimits nothing.
 */
export const TARGET = table((byte) => byte > SP && byte !== 0x7f)

/** The value of `Host` (`uri-host [ ":" port ]`, RFC 3986 section 3.2.2): no user, no path, no list. */
export const AUTHORITY = table(
  (byte) => isAlphanumeric(byte) || (byte < 0x80 && "-._~%!$&'()*+;=:[]".includes(String.fromCharCode(byte))),
)

/** Of a hexadecimal digit its value plus 1; of anything else 0. */
export const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(digit) ? 0 : digit + 1
})

/** The bytes of a word in lower case, for `isWord`. */
export function wordOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/**
 * Whether the bytes from `start` on are that word (of letters, digits and `-`), in whatever case. The bytes are known to be `TEXT`: of these, only
 * letters become letters by the bit that makes the difference, and digits and `-` have it anyway.
 */
export function isWord(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (((bytes[start + i] ?? 0) | 0x20) !== word[i]) return false
  return true
}
