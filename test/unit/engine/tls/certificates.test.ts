import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCertificates } from '../../../../src/engine/tls/load-certificates.ts'

const { createAuthority, Issuer } = await loadCertificates()

const DAY = 86_400_000
const NOW = Date.UTC(2030, 0, 15, 12)

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'foulweather-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

const STRICT = ['-purpose', 'sslserver', '-x509_strict']

/** What OpenSSL thinks of a certificate at a time; its complaint, or `OK`. */
function verdict(ca: string, leaf: string, at: number | 'any time', ...more: string[]): string {
  const [trusted, shown] = [file('ca.pem', ca), file('leaf.pem', leaf)]
  const time = at === 'any time' ? ['-no_check_time'] : ['-attime', String(Math.floor(at / 1000))]
  const args = ['-CAfile', trusted, ...time, ...more, shown]
  try {
    return (
      execFileSync('openssl', ['verify', ...args], { stdio: 'pipe' })
        .toString()
        .trim()
        .split(': ')
        .at(-1) ?? ''
    )
  } catch (error) {
    return /lookup: (.*)/.exec(String(Reflect.get(error as object, 'stderr')))?.[1] ?? String(error)
  }
}

test('an authority signs servers and nothing else, for ten years', async () => {
  const authority = await createAuthority(NOW)
  const certificate = new X509Certificate(authority.cert)
  expect(certificate.ca).toBe(true)
  expect(certificate.validFromDate.getTime()).toBe(NOW - DAY)
  expect(certificate.validToDate.toISOString()).toBe('2040-01-15T12:00:00.000Z')
  const text = execFileSync('openssl', ['x509', '-noout', '-text', '-in', file('ca.pem', authority.cert)]).toString()
  expect(text).toContain('ASN1 OID: prime256v1')
  expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
  expect(certificate.subject).not.toBe(new X509Certificate((await createAuthority(NOW)).cert).subject)
})

test('a certificate is one that OpenSSL takes at its strictest, valid from yesterday for 90 days', async () => {
  const authority = await createAuthority(NOW)
  const issuer = await Issuer.open(authority)
  const { cert, key } = await issuer.certify(['db.test', '127.0.0.1', '::1'], undefined, NOW)
  const certificate = new X509Certificate(cert)
  expect(certificate.subjectAltName).toBe('DNS:db.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  expect(certificate.validFromDate.getTime()).toBe(NOW - DAY)
  expect(certificate.validToDate.getTime()).toBe(NOW + 90 * DAY)
  expect(certificate.ca).toBe(false)
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(verdict(authority.cert, cert, NOW, ...STRICT, '-verify_hostname', 'db.test')).toBe('OK')
  expect(verdict(authority.cert, cert, NOW, ...STRICT, '-verify_ip', '::1')).toBe('OK')
  expect(verdict(authority.cert, cert, NOW, ...STRICT, '-verify_hostname', 'other.test')).toBe('hostname mismatch')
})

test('serial numbers are positive, of 16 bytes, and never the same', async () => {
  const issuer = await Issuer.open(await createAuthority(NOW))
  const made = await Promise.all(Array.from({ length: 50 }, () => issuer.certify(['a.test'], undefined, NOW)))
  const serials = made.map(({ cert }) => new X509Certificate(cert).serialNumber)
  expect(new Set(serials).size).toBe(50)
  expect(serials.every((serial) => /^[4-7][0-9A-F]{31}$/.test(serial))).toBe(true)
})

test('a name that is too long for a subject stands in the alternative names alone', async () => {
  const authority = await createAuthority(NOW)
  const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.test`
  const { cert } = await (await Issuer.open(authority)).certify([name], undefined, NOW)
  expect(new X509Certificate(cert).subject).toBeUndefined()
  expect(verdict(authority.cert, cert, NOW, ...STRICT, '-verify_hostname', name)).toBe('OK')
})

describe('flaws', () => {
  test.each([
    ['expired', 'certificate has expired'],
    ['not_yet_valid', 'certificate is not yet valid'],
    ['self_signed', 'self-signed certificate'],
    ['wrong_name', 'hostname mismatch'],
  ] as const)('%s is all that is wrong: %s', async (flaw, complaint) => {
    const authority = await createAuthority(NOW)
    const { cert } = await (await Issuer.open(authority)).certify(['db.test'], flaw, NOW)
    expect(verdict(authority.cert, cert, NOW, ...STRICT, '-verify_hostname', 'db.test')).toBe(complaint)
  })

  test.each(['expired', 'not_yet_valid'] as const)('%s is a matter of time alone', async (flaw) => {
    const authority = await createAuthority(NOW)
    const { cert } = await (await Issuer.open(authority)).certify(['db.test'], flaw, NOW)
    expect(verdict(authority.cert, cert, 'any time', ...STRICT, '-verify_hostname', 'db.test')).toBe('OK')
  })
})

describe('authorities that others have made', () => {
  test.each([
    ['RSA', ['rsa:2048']],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('with %s sign too', async (_, kind) => {
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      ...kind,
      '-keyout',
      'k.pem',
      '-out',
      'c.pem',
      '-subj',
      '/C=CH/O=Ours & Co/CN=root',
      '-days',
      '9',
    )
    const authority = { cert: made('c.pem'), key: made('k.pem') }
    const { cert } = await (await Issuer.open(authority)).certify(['db.test'], undefined, Date.now())
    expect(verdict(authority.cert, cert, Date.now(), '-verify_hostname', 'db.test')).toBe('OK')
  })

  test('that are not their own root are shown behind the certificate', async () => {
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-keyout',
      'rk.pem',
      '-out',
      'root.pem',
      '-subj',
      '/CN=root',
      '-days',
      '9',
    )
    openssl('req', '-nodes', '-newkey', 'rsa:2048', '-keyout', 'ik.pem', '-out', 'i.csr', '-subj', '/CN=between')
    writeFileSync(
      join(directory, 'ext'),
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid',
    )
    openssl(
      'x509',
      '-req',
      '-in',
      'i.csr',
      '-CA',
      'root.pem',
      '-CAkey',
      'rk.pem',
      '-CAcreateserial',
      '-out',
      'i.pem',
      '-days',
      '9',
      '-extfile',
      'ext',
    )
    const between = { cert: made('i.pem'), key: made('ik.pem') }
    const { cert } = await (await Issuer.open(between)).certify(['db.test'], undefined, Date.now())
    expect(cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(verdict(made('root.pem'), cert, Date.now(), '-untrusted', join(directory, 'leaf.pem'))).toBe('OK')
  })
})

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
}

function made(name: string): string {
  return readFileSync(join(directory, name), 'utf8')
}
