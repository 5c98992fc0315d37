import { createSecureContext, type SecureContext, type TLSSocketOptions } from 'node:tls'
import type { ClientHello } from '../../core/handshake.ts'
import type { Protocol, TlsOptions } from '../../core/plan.ts'
import { Authority } from './authority.ts'
import type { HandshakeDecision } from './handshake-decision.ts'
import type { PemPair } from './pem-pair.ts'

/** What is spoken to clients unless a fault or an option says otherwise. */
const VERSIONS = { min: 'TLSv1.2', max: 'TLSv1.3' } as const

/**
 * Without one, OpenSSL takes up no session of a client that has shown a certificate, and fails its handshake instead. 32 bytes at most. Sessions
 * belong to a context all the same: no session of one certificate is taken up under another.
 */
const SESSION_ID_CONTEXT = 'foulweather'

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/

/** How a proxy speaks TLS to its clients: made once per plan. It never throws before a handshake needs what is wrong. */
export class ListenTls {
  readonly #options: NonNullable<TlsOptions['listen']>
  readonly #alpn: readonly string[] | undefined
  readonly #own: PemPair | undefined
  readonly #authority: Authority
  /** By certificate, and by what else they differ in; gone with the certificate. */
  readonly #contexts = new WeakMap<PemPair, Map<string, SecureContext>>()

  /** @param now milliseconds since 1970. */
  constructor(options: NonNullable<TlsOptions['listen']>, protocol: Protocol, now?: () => number) {
    const { cert, key, authority, alpn } = options
    this.#options = options
    this.#alpn = alpn ?? (protocol === 'http' ? ['http/1.1'] : undefined)
    this.#own = cert !== undefined && key !== undefined ? { cert, key } : undefined
    // With a certificate of its own, only flawed ones have to be made.
    this.#authority = new Authority(authority, now)
  }

  /**
   * Certificate and versions for an answer to `hello`; at once where they are known.
   *
   * @param address where the client has connected to: one that asks for no name may have connected by it.
   * @throws Error, now or later, when the certificate cannot be made or used.
   */
  context(
    { servername }: ClientHello,
    address: string | undefined,
    { certificate: flaw, versions = VERSIONS }: HandshakeDecision,
  ): SecureContext | Promise<SecureContext> {
    if (flaw === undefined && this.#own !== undefined) return this.#contextOf(this.#own, versions)
    const names = this.#namesFor(servername, address)
    return this.#authority.certificate(names, flaw).then((pair) => this.#contextOf(pair, versions))
  }

  /** What else the server's side of the handshake is made with. */
  socketOptions({ alpn }: HandshakeDecision): TLSSocketOptions {
    const requestCert = this.verifiesClients
    const accepted = alpn ?? this.#alpn
    return {
      requestCert,
      rejectUnauthorized: requestCert,
      // Not ALPNProtocols: it cannot say "none". Asked only where the client offers some; `undefined` refuses it (RFC 7301, section 3.2).
      ALPNCallback: ({ protocols }) =>
        accepted === undefined ? protocols[0] : accepted.find((one) => protocols.includes(one)),
    }
  }

  /** Clients have to show a certificate. */
  get verifiesClients(): boolean {
    return this.#options.clientCa !== undefined
  }

  /** Not each text that a client may send is the name of a host. */
  #namesFor(servername: string | undefined, address: string | undefined): readonly string[] {
    if (servername !== undefined && HOST_NAME.test(servername)) return [servername]
    const names = this.#options.names ?? ['localhost']
    return address === undefined || names.includes(address) ? names : [...names, address]
  }

  #contextOf(pair: PemPair, { min, max }: NonNullable<HandshakeDecision['versions']>): SecureContext {
    const contexts = this.#contexts.get(pair) ?? new Map<string, SecureContext>()
    this.#contexts.set(pair, contexts)
    const known = contexts.get(`${min} ${max}`)
    if (known !== undefined) return known
    const { clientCa } = this.#options
    const context = createSecureContext({
      ...pair,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
      minVersion: min,
      maxVersion: max,
      sessionIdContext: SESSION_ID_CONTEXT,
    })
    contexts.set(`${min} ${max}`, context)
    return context
  }
}
