const HTTP = /^(?:(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) |PRI \* HTTP\/2)/

/** The beginnings of what is met where something else was meant, by mistakes that people make. */
const KINDS: readonly (readonly [what: string, is: (bytes: Buffer, text: string) => boolean])[] = [
  ['a TLS handshake', ([type, major]) => type === 0x16 && major === 3],
  ['a TLS alert', ([type, major]) => type === 0x15 && major === 3],
  [
    'a hello of SSL 2',
    ([length = 0, , type, major = 0]) => length >= 0x80 && type === 1 && (major === 0 || major === 3),
  ],
  ['an HTTP request', (_, text) => HTTP.test(text)],
  ['an HTTP response', (_, text) => text.startsWith('HTTP/')],
  ['a header of the PROXY protocol', (_, text) => text.startsWith('PROXY ') || text.startsWith('\r\n\r\n\0\r\nQUIT\n')],
  ['SSH', (_, text) => text.startsWith('SSH-')],
  ['PostgreSQL, which asks for TLS in words of its own', (_, text) => text.startsWith('\0\0\0\x08\x04\xd2\x16/')],
]

/**
 * What the first bytes of a connection are, in words for an error's text: `an HTTP request`, `bytes that begin with 0x00`. Nothing of what they say
 * is repeated.
 */
export function looksLike(bytes: Buffer): string {
  const [first] = bytes
  if (first === undefined) return 'nothing'
  const text = bytes.toString('latin1', 0, 16)
  const kind = KINDS.find(([, is]) => is(bytes, text))
  return kind?.[0] ?? `nothing that is known (its first byte is 0x${first.toString(16).padStart(2, '0')})`
}
