import { addressInUrl } from '../core/address.ts'
import { FoulweatherError } from '../core/errors.ts'

/** A new proxy as it is asked for. */
export interface ProxyInput {
  readonly name?: string | undefined
  /** Default: every interface, any free port. */
  readonly listen?: string | undefined
  readonly upstream?: string | undefined
  /** Default: true. */
  readonly enabled?: boolean | undefined
}

/** What may be changed of a proxy; what is not given stays as it is. */
export type ProxyUpdate = Omit<ProxyInput, 'name'>

/** A new proxy, checked. */
export interface NewProxy {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
}

/**
 * @param where added to the texts of refusals: ` at proxy 2`.
 * @throws FoulweatherError `missing_field`, `invalid_value`.
 */
export function checkProxyInput(input: ProxyInput, where = ''): NewProxy {
  const name = required('name', input.name, where)
  const upstream = required('upstream', input.upstream, where)
  refuseUrl(upstream, where)
  return { name, listen: input.listen ?? '', upstream, enabled: input.enabled ?? true }
}

/**
 * Everything else that cannot be dialled is taken, and fails when it is dialled; a URL is the one mistake that is made often and
 * that no dial could ever mend.
 *
 * @throws FoulweatherError `invalid_value`.
 */
export function refuseUrl(upstream: string, where = ''): void {
  const address = addressInUrl(upstream)
  if (address === undefined) return
  const expected = `host:port, for example ${JSON.stringify(address)}`
  // A connection URL often has a password in it, which must not get into an answer or a log.
  const value = upstream.replace(/\/\/.*@/, '//…@')
  throw new FoulweatherError(
    'invalid_value',
    `upstream${where} is the URL ${JSON.stringify(value)}; a proxy forwards bytes to an address: write ${expected}`,
    { field: 'upstream', value, expected },
  )
}

function required(field: string, value: string | undefined, where: string): string {
  if (value !== undefined && value !== '') return value
  throw new FoulweatherError('missing_field', `missing required field: ${field}${where}`, { field })
}
