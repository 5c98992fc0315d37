import { Lru } from './lru.ts'
import type { CertificateFlaw, Issuer } from './certificates.ts'
import { loadCertificates } from './load-certificates.ts'
import type { PemPair } from './pem-pair.ts'

/** Names come from clients: whoever asks for a new one each time shall not fill the memory. A certificate and its context take some 20 KB. */
const MOST_CERTIFICATES = 500

/** A certificate that is valid for 90 days is made anew when it is this old. */
const RENEWED_AFTER_MS = 30 * 86_400_000

interface Made {
  readonly at: number
  readonly certificate: Promise<PemPair>
}

/**
 * A local authority at work: makes the certificate for a name when somebody asks for it first, and keeps it. Whoever asks while one is being made
 * waits for the same one.
 */
export class Authority {
  readonly #pair: PemPair | undefined
  readonly #now: () => number
  readonly #made = new Lru<Made>(MOST_CERTIFICATES)
  #issuer: Promise<Issuer> | undefined

  /**
   * @param pair certificate and key of the authority; absent = one that is made for the occasion and that nobody trusts.
   * @param now milliseconds since 1970.
   */
  constructor(pair?: PemPair, now: () => number = Date.now) {
    this.#pair = pair
    this.#now = now
  }

  /** How many are kept. */
  get kept(): number {
    return this.#made.size
  }

  /**
   * A certificate for all of `names` (host names and IP addresses, at least one), with its key; the same object for the same names until it is
   * made anew.
   */
  certificate(names: readonly string[], flaw?: CertificateFlaw): Promise<PemPair> {
    // No name has a space in it.
    const id = [flaw ?? 'sound', ...names].join(' ')
    const now = this.#now()
    const known = this.#made.get(id)
    if (known !== undefined && now - known.at < RENEWED_AFTER_MS) return known.certificate
    const made: Made = { at: now, certificate: this.#make(names, flaw, now) }
    this.#made.set(id, made)
    // What has failed is not kept: the next to ask tries again.
    made.certificate.catch(() => this.#made.forget(id, made))
    return made.certificate
  }

  async #make(names: readonly string[], flaw: CertificateFlaw | undefined, now: number): Promise<PemPair> {
    this.#issuer ??= openIssuer(this.#pair, now)
    return (await this.#issuer).certify(names, flaw, now)
  }
}

async function openIssuer(pair: PemPair | undefined, now: number): Promise<Issuer> {
  const { createAuthority, Issuer } = await loadCertificates()
  return Issuer.open(pair ?? (await createAuthority(now)))
}
