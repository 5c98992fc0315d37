import type { TLSSocket } from 'node:tls'

/**
 * What is wrong with the certificate of a client whose handshake is done; `undefined` = nothing. OpenSSL has refused the handshake where there is
 * none, and leaves it to us to look at what it thinks of one that there is. `tls.Server` asks the handle of the socket in the same way; where a Node
 * has that no more, nobody is let in.
 */
export function clientCertificateProblem(socket: TLSSocket): string | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null || !('verifyError' in handle))
    return 'its certificate cannot be checked'
  const { verifyError } = handle
  if (typeof verifyError !== 'function') return 'its certificate cannot be checked'
  const error: unknown = Reflect.apply(verifyError, handle, [])
  if (error instanceof Error) return `the certificate of the client is not to be trusted: ${error.message}`
  // A session that is taken up again may have come without one, and counts as verified.
  return socket.getPeerX509Certificate() === undefined ? 'the client has shown no certificate' : undefined
}

/**
 * Errors after the handshake become `error` events. Without it Node takes the socket for one whose handshake a server still looks after, and only
 * emits `_tlsError`.
 */
export function takeControl(socket: TLSSocket): void {
  const release: unknown = Reflect.get(socket, '_releaseControl')
  if (typeof release === 'function') Reflect.apply(release, socket, [])
}
