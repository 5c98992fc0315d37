/** OpenSSL's and Node's words for certificates that are not to be trusted. */
const UNTRUSTED = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNSPECIFIED',
])

/** What OpenSSL says when the first bytes that it is given are no record of TLS. */
const NO_TLS = new Set([
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

/** One line about an error of TLS with an upstream: what is wrong, and what to do where that is known. `undefined` = it is no error of TLS. */
export function upstreamTlsText(error: NodeJS.ErrnoException): string | undefined {
  const { code = '' } = error
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of the upstream is for another name: ${reasonOf(error)}; tls.upstream.servername says which one to expect`
  }
  if (UNTRUSTED.has(code)) {
    return `the certificate of the upstream is not to be trusted: ${reasonOf(error)} (${code}); tls.upstream.ca says whom to trust`
  }
  if (NO_TLS.has(code)) return `the upstream does not speak TLS on this port (${reasonOf(error)})`
  if (code === 'ECONNRESET' && error.message.includes('before secure TLS connection')) {
    return 'the upstream closed the connection amid the TLS handshake'
  }
  if (!isTlsError(error)) return undefined
  return isAlert(error)
    ? `the upstream refused the TLS handshake: ${reasonOf(error)}`
    : `the TLS handshake with the upstream failed: ${reasonOf(error)}`
}

/** The same about a client; for any error that ends its handshake. */
export function clientTlsText(error: NodeJS.ErrnoException): string {
  if (isAlert(error)) return `the client refused the TLS handshake: ${reasonOf(error)}`
  return `the TLS handshake with the client failed: ${reasonOf(error)}`
}

export function isTlsError({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO'
}

/** The other side has said why, in an alert. */
export function isAlert({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_SSL_') && /_ALERT_/.test(code)
}

/** Without what OpenSSL puts around it: thread, line of its source, line break. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
  return reason.replaceAll(/\s+/g, ' ').trim()
}
