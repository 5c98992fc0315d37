/**
 * Whether the first bytes of a connection are those of TLS: a record of a handshake (22) or of an alert (21) of any version since SSL 3
 * (RFC 8446, section 5.1). Two bytes are enough; of fewer nothing is said.
 *
 * For who meets TLS where plain text was meant: a client on a plain listener, or an upstream that answers a plain request with an alert.
 */
export function looksLikeTls(bytes: Uint8Array): boolean {
  const [type, major] = bytes
  return (type === 0x16 || type === 0x15) && major === 0x03
}
