import { defined, definedOrNone } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { Protocol, TlsOptions } from '../core/plan.ts'
import { checkPair, readCertificates } from './certificates.ts'
import type { TlsFields } from './proxy-fields.ts'

/** Certificate and key of the local authority, PEM. */
export interface Authority {
  readonly cert: string
  readonly key: string
}

/**
 * What the fields say together.
 *
 * @param authority asked where certificates are to be made on the fly.
 * @throws FoulweatherError `invalid_value`, `missing_field`; keys are never part of it.
 */
export function readTls(
  fields: TlsFields | undefined,
  protocol: Protocol,
  authority: () => Authority | undefined,
): TlsOptions | undefined {
  const { upstream, listen, peek } = fields ?? {}
  if (peek === true && listen !== undefined) {
    throw refused(
      'tls.peek',
      true,
      'TLS of clients ends here where there is tls.listen, and says the name by itself',
      'nothing',
    )
  }
  return definedOrNone({
    upstream: upstream && readUpstream(upstream, protocol),
    listen: listen && readListen(listen, protocol, authority),
    peek: peek === true ? peek : undefined,
  })
}

function readUpstream({ verify, ...upstream }: NonNullable<TlsFields['upstream']>, protocol: Protocol) {
  const { ca, cert, key, alpn } = upstream
  if (ca !== undefined) readCertificates(ca, 'tls.upstream.ca')
  checkPair(cert, key, 'tls.upstream')
  refuseH2(alpn, protocol, 'tls.upstream.alpn')
  return defined({ ...upstream, verify: verify === false ? verify : undefined })
}

function readListen(
  { authority: wanted = false, client_ca: clientCa, ...listen }: NonNullable<TlsFields['listen']>,
  protocol: Protocol,
  authority: () => Authority | undefined,
) {
  const { cert, key, names, alpn } = listen
  checkPair(cert, key, 'tls.listen')
  if (clientCa !== undefined) readCertificates(clientCa, 'tls.listen.client_ca')
  refuseH2(alpn, protocol, 'tls.listen.alpn')
  const all = defined({ ...listen, clientCa })
  if (cert !== undefined) {
    if (wanted)
      throw refused('tls.listen.authority', true, 'there is a certificate already', 'nothing beside cert and key')
    if (names !== undefined)
      throw refused('tls.listen.names', names, 'the certificate has its names', 'nothing beside cert and key')
    return all
  }
  if (wanted) return { ...all, authority: known(authority()) }
  const text =
    'tls.listen has no certificate: expected cert and key, or authority: true for certificates that are made on the fly'
  throw new FoulweatherError('missing_field', text, {
    field: 'tls.listen.cert',
    expected: 'cert and key, or authority: true',
  })
}

function known(authority: Authority | undefined): Authority {
  if (authority !== undefined) return authority
  const why = 'there is no local authority that could make certificates; "foulweather ca init" makes one'
  throw refused('tls.listen.authority', true, why, 'cert and key, or an authority')
}

function refuseH2(alpn: readonly string[] | undefined, protocol: Protocol, field: string): void {
  if (protocol !== 'http' || alpn === undefined || alpn.every((name) => name === 'http/1.1' || name === 'http/1.0'))
    return
  throw refused(
    field,
    alpn,
    'a proxy with protocol http speaks HTTP/1.1 and HTTP/1.0 alone',
    '"http/1.1" or "http/1.0"',
  )
}

export function refused(field: string, value: unknown, why: string, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `${field}: ${why}; expected ${expected}`, { field, value, expected })
}
