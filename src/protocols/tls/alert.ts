import { ALERTS } from '../../core/handshake.ts'

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
