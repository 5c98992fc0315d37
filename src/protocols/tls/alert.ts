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

export type AlertName = keyof typeof ALERTS

const byName = new Map<string, number>(Object.entries(ALERTS))
const byNumber = new Map([...byName].map(([name, number]) => [number, name]))

/** The name of an alert; `undefined` = the number has none. */
export function alertName(number: number): string | undefined {
  return byNumber.get(number)
}

/** The number of an alert; `undefined` = there is none of that name. */
export function alertNumber(name: string): number | undefined {
  return byName.get(name)
}

/** Those that are no errors: everything else is `fatal` (RFC 8446, section 6.1). */
const WARNINGS: ReadonlySet<number> = new Set([ALERTS.close_notify, ALERTS.user_canceled, ALERTS.no_renegotiation])

const RECORD_ALERT = 21
const LEVEL_WARNING = 1
const LEVEL_FATAL = 2

/**
 * A record with one alert in plain text, as it is sent before a handshake has made keys. Its version is that of TLS 1.2, which every client takes
 * there (RFC 8446, section 5.1).
 *
 * @param number 0…255, known or not.
 */
export function alertRecord(number: number): Buffer {
  const level = WARNINGS.has(number) ? LEVEL_WARNING : LEVEL_FATAL
  return Buffer.from([RECORD_ALERT, 3, 3, 0, 2, level, number])
}
