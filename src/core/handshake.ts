/** What a client says when it begins a TLS handshake (RFC 8446, section 4.1.2), as far as anybody wants to know. */
export interface ClientHello {
  /** The name that it asks for, in lower case; `undefined` = none. */
  readonly servername: string | undefined
  /** Protocols that it offers, in its order; empty = none. */
  readonly alpn: readonly string[]
  /** The newest version that it offers, as on the wire: 0x0303 = TLS 1.2, 0x0304 = TLS 1.3. */
  readonly version: number
}

export const CERTIFICATE_FLAWS = ['expired', 'not_yet_valid', 'self_signed', 'wrong_name'] as const

/** What a fault wants done with a TLS handshake of a client. Several faults: waits add up; of the rest the first decides each. */
export interface HandshakeVerdict {
  /** Milliseconds from the client's hello until it is answered. `Infinity` = until the fault leaves. */
  readonly wait?: number
  /** Instead of an answer, once the wait is over: a TLS alert (its number, RFC 8446 section 6) and a close, a close, or a RST. */
  readonly instead?: { readonly alert: number } | 'close' | 'reset'
  /** The certificate that is shown is wrong in this way. */
  readonly certificate?: (typeof CERTIFICATE_FLAWS)[number]
  /** Only these versions are spoken: a client without them is refused by the handshake itself. */
  readonly versions?: { readonly min: 'TLSv1.2' | 'TLSv1.3'; readonly max: 'TLSv1.2' | 'TLSv1.3' }
  /** Only these protocols are accepted: a client that offers others alone is refused by the handshake itself. */
  readonly alpn?: readonly string[]
}

/**
 * The alerts of TLS by name (RFC 8446, section 6, with those of RFC 5246 that older peers still send; ECH: RFC 9849). Sent by whoever gives a
 * connection up, so that the other side can say why.
 */
export const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
  ech_required: 121,
} as const
