import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import type { CERTIFICATE_FLAWS } from '../../core/handshake.ts'
import type { PemPair } from './pem-pair.ts'

export type CertificateFlaw = (typeof CERTIFICATE_FLAWS)[number]

const DAY_MS = 86_400_000

/** Clocks of clients differ: everything is valid since yesterday. */
const SINCE_MS = DAY_MS
/** Short enough for every client that limits it (825 days, 398, 47 of 2029 for public authorities), and made anew in good time. */
export const LEAF_MS = 90 * DAY_MS
const AUTHORITY_YEARS = 10

/** The longest common name that X.520 allows; names that are longer stand in the alternative names alone, where every client looks. */
const LONGEST_COMMON_NAME = 64

/** Reserved by RFC 2606: nobody has it. */
const WRONG_NAME = 'wrong-name.invalid'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new authority: ECDSA P-256, valid for ten years, allowed to sign certificates of servers and no other authorities. `now` in ms since 1970. */
export async function createAuthority(now: number): Promise<PemPair> {
  const keys = await newKeys()
  const until = new Date(now)
  until.setUTCFullYear(until.getUTCFullYear() + AUTHORITY_YEARS)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // Two authorities of one machine can be told apart in a list.
    name: [{ CN: [`Foulweather local authority ${randomBytes(4).toString('hex')}`] }, { O: ['Foulweather'] }],
    notBefore: new Date(now - SINCE_MS),
    notAfter: until,
    signingAlgorithm: ECDSA,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pem(certificate), key: keyPem(keys.privateKey) }
}

/** Signs certificates of servers with the key of an authority. All of them have the same key: a new one for each would only cost time. */
export class Issuer {
  readonly #certificate: X509Certificate
  readonly #key: webcrypto.CryptoKey
  readonly #algorithm: { readonly name: string; readonly hash: string }
  /** Shown behind the leaf: an authority that is not its own may be unknown to the client. */
  readonly #chain: string
  readonly #leafKeys: webcrypto.CryptoKeyPair
  readonly #leafKeyPem: string
  /** What all certificates have in common: what they may be used for, and whose key they hold. */
  readonly #extensions: readonly Extension[]
  readonly #byAuthority: Extension
  readonly #bySelf: Extension

  private constructor(
    authority: PemPair,
    key: webcrypto.CryptoKey,
    leafKeys: webcrypto.CryptoKeyPair,
    [subjectKey, byAuthority, bySelf]: readonly [Extension, Extension, Extension],
  ) {
    this.#certificate = new X509Certificate(authority.cert)
    this.#key = key
    this.#algorithm = { name: key.algorithm.name, hash: 'SHA-256' }
    this.#chain = this.#certificate.subject === this.#certificate.issuer ? '' : `\n${authority.cert.trim()}`
    this.#leafKeys = leafKeys
    this.#leafKeyPem = keyPem(leafKeys.privateKey)
    this.#extensions = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      subjectKey,
    ]
    this.#byAuthority = byAuthority
    this.#bySelf = bySelf
  }

  /** @throws Error when the key is of a kind that cannot sign here (others than RSA, P-256, P-384 and P-521). */
  static async open(authority: PemPair): Promise<Issuer> {
    const key = signingKey(createPrivateKey(authority.key))
    const leafKeys = await newKeys()
    const { publicKey } = leafKeys
    const identifiers = await Promise.all([
      SubjectKeyIdentifierExtension.create(publicKey),
      AuthorityKeyIdentifierExtension.create(new X509Certificate(authority.cert).publicKey),
      AuthorityKeyIdentifierExtension.create(publicKey),
    ])
    return new Issuer(authority, key, leafKeys, identifiers)
  }

  /** A certificate for all of `names` (host names and IP addresses), wrong in one way if asked. `now` in milliseconds since 1970. */
  async certify(names: readonly string[], flaw: CertificateFlaw | undefined, now: number): Promise<PemPair> {
    const subjects = flaw === 'wrong_name' ? [WRONG_NAME] : names
    const subject = subjectOf(subjects)
    const [notBefore, notAfter] = validity(flaw, now)
    const { publicKey, privateKey } = this.#leafKeys
    const selfSigned = flaw === 'self_signed'
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject,
      issuer: selfSigned ? subject : this.#certificate.subjectName.toJSON(),
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      signingAlgorithm: selfSigned ? ECDSA : this.#algorithm,
      publicKey,
      signingKey: selfSigned ? privateKey : this.#key,
      extensions: [
        ...this.#extensions,
        // Critical where there is no subject (RFC 5280, section 4.2.1.6).
        new SubjectAlternativeNameExtension(subjects.map(alternativeName), subject.length === 0),
        selfSigned ? this.#bySelf : this.#byAuthority,
      ],
    })
    return { cert: `${pem(certificate)}${selfSigned ? '' : this.#chain}`, key: this.#leafKeyPem }
  }
}

function validity(flaw: CertificateFlaw | undefined, now: number): readonly [from: number, to: number] {
  if (flaw === 'expired') return [now - LEAF_MS, now - DAY_MS]
  if (flaw === 'not_yet_valid') return [now + DAY_MS, now + LEAF_MS]
  return [now - SINCE_MS, now + LEAF_MS]
}

function subjectOf([name = '']: readonly string[]): { CN: string[] }[] {
  return name !== '' && name.length <= LONGEST_COMMON_NAME ? [{ CN: [name] }] : []
}

function alternativeName(name: string): { readonly type: 'ip' | 'dns'; readonly value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }

function signingKey(key: KeyObject): webcrypto.CryptoKey {
  if (key.asymmetricKeyType === 'rsa') {
    return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  }
  const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (namedCurve !== undefined) return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign'])
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown'
  throw new Error(`the key of the authority is of the kind ${kind}; expected RSA, or ECDSA with P-256, P-384 or P-521`)
}

/** Positive and without a leading zero byte, 16 bytes (RFC 5280, section 4.1.2.2, allows 20). */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`
}

function keyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' })
}
