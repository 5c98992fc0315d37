import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { FoulweatherError } from '../core/errors.ts'

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]{1,300000}-----END \1-----/g
const MOST_CERTIFICATES = 1000

/**
 * The certificates of a PEM text, in order.
 *
 * @throws FoulweatherError `invalid_value`, without anything of the text: it may be a key.
 */
export function readCertificates(pem: string, field: string): readonly X509Certificate[] {
  const blocks = [...pem.matchAll(BLOCK)]
  if (blocks.some(([, kind = '']) => kind.endsWith('PRIVATE KEY'))) {
    throw refused(field, 'there is a private key in it', 'certificates alone (BEGIN CERTIFICATE)')
  }
  const texts = blocks.filter(([, kind]) => kind === 'CERTIFICATE' || kind === 'TRUSTED CERTIFICATE')
  if (texts.length === 0) throw refused(field, 'there is no certificate in it', 'PEM (BEGIN CERTIFICATE)')
  if (texts.length > MOST_CERTIFICATES) {
    throw refused(field, `there are ${texts.length} certificates in it`, `at most ${MOST_CERTIFICATES}`)
  }
  return texts.map(([text], index) => {
    try {
      return new X509Certificate(text)
    } catch (error) {
      throw refused(field, `certificate ${index + 1} cannot be read (${reasonOf(error)})`, 'PEM (BEGIN CERTIFICATE)')
    }
  })
}

/** @throws FoulweatherError `invalid_value`, without anything of the key. */
function readKey(pem: string, field: string): KeyObject {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: *4, *ENCRYPTED/.test(pem)) {
    throw refused(field, 'the private key is encrypted', 'one without a passphrase')
  }
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw refused(field, `it is no private key that can be read (${reasonOf(error)})`, 'PEM (BEGIN PRIVATE KEY)')
  }
}

/**
 * Whether a certificate (the first of its chain) and a key belong together.
 *
 * @param path in front of `cert` and `key` in errors.
 * @throws FoulweatherError `missing_field` where one of them is missing; `invalid_value`.
 */
export function checkPair(cert: string | undefined, key: string | undefined, path: string): void {
  if (cert === undefined && key === undefined) return
  if (cert === undefined || key === undefined) {
    const [field, other] = cert === undefined ? ['cert', 'key'] : ['key', 'cert']
    const text = `${path}.${field} is missing: a ${other === 'key' ? 'key needs its certificate' : 'certificate needs its key'}`
    throw new FoulweatherError('missing_field', text, {
      field: `${path}.${field}`,
      expected: `${field} beside ${other}`,
    })
  }
  const [leaf] = readCertificates(cert, `${path}.cert`)
  if (leaf?.checkPrivateKey(readKey(key, `${path}.key`)) === true) return
  const chain = 'the key of the first certificate in `cert`'
  throw refused(`${path}.key`, 'it does not belong to the certificate', chain)
}

/** What is shown of certificates: enough to know which they are. */
export function describeCertificates(pem: string): string {
  const [first, ...others] = readCertificates(pem, 'certificate')
  if (first === undefined) return SET
  const subject = first.subject?.replaceAll('\n', ', ') || 'no subject'
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  return `${SET} ${subject}, until ${first.validToDate.toISOString()}, SHA-256 ${first.fingerprint256}${more}`
}

/** Stands for what is not shown. Where it is given back, what is there stays. */
export const SET = '(set)'

function refused(field: string, what: string, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `${field}: ${what}; expected ${expected}`, { field, expected })
}

/** OpenSSL's words, which name the mistake and none of the content. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : String(error)
}
