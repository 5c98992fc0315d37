import type { ErrorCode, FoulweatherError } from '../core/errors.ts'
import { boundedText } from './problem.ts'

/** Texts that Toxiproxy's clients know. They tell less than ours, but tests compare them. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  proxy_not_found: 'proxy not found',
  fault_not_found: 'toxic not found',
  proxy_exists: 'proxy already exists',
  fault_exists: 'toxic already exists',
  invalid_direction: 'stream was invalid, can be either upstream or downstream',
  invalid_fault_type: 'invalid toxic type',
}

/** What `error` says to a client of Toxiproxy's routes. */
export function toxiproxyText(error: FoulweatherError): string {
  return TEXTS[error.code] ?? boundedText(error.message)
}
