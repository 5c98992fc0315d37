import { FoulweatherError } from '../../core/errors.ts'
import type { ProxyOutcome } from '../data-plane.ts'
import type { WireOutcome } from './messages.ts'

/** An error that crosses threads would come out without the fields of its own. */
export function outcomeToWire({ error, ...rest }: ProxyOutcome): WireOutcome {
  if (error === undefined) return rest
  const { code, message, field, value } = error
  return { ...rest, error: { code, message, field, value } }
}

export function outcomeFromWire({ error, ...rest }: WireOutcome): ProxyOutcome {
  if (error === undefined) return rest
  const { code, message, field, value } = error
  const about = field === undefined ? { value } : { field, value }
  return { ...rest, error: new FoulweatherError(code, message, about) }
}
